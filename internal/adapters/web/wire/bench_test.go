package wire_test

import (
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/adapters/web/wire"
)

// array writes n numbers as a client that holds float32 (or, wide, float64) would.
func array(n int, wide bool) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	if !wide {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(r.NormFloat64() / 20)
		}
		return wire.AppendFloats(nil, v)
	}
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(float32(r.NormFloat64() / 20))
	}
	b, _ := json.Marshal(v)
	return b
}

func BenchmarkFloats(b *testing.B) {
	for name, body := range map[string][]byte{"f32": array(768, false), "f64": array(768, true)} {
		b.Run(name+"/wire", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var s wire.Scanner
			var v []float32
			for b.Loop() {
				s.Reset(body)
				var err error
				if v, err = s.Floats(v[:0]); err != nil || len(v) != 768 {
					b.Fatal(len(v), err)
				}
			}
		})
		b.Run(name+"/encoding-json", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var v []float32
			for b.Loop() {
				if err := json.Unmarshal(body, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
		// Only the splitting into tokens, no number is converted.
		b.Run(name+"/jsontext-tokens", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			var dec jsontext.Decoder
			for b.Loop() {
				dec.Reset(strings.NewReader(string(body)))
				for {
					if _, err := dec.ReadToken(); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkAppendFloats(b *testing.B) {
	var v []float32
	var s wire.Scanner
	s.Reset(array(768, false))
	v, _ = s.Floats(nil)
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		out = wire.AppendFloats(out[:0], v)
	}
	b.SetBytes(int64(len(out)))
}

func BenchmarkText(b *testing.B) {
	body := wire.AppendString(nil, strings.Repeat("The quick brown fox jumps over the lazy dog. ", 20))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	var s wire.Scanner
	for b.Loop() {
		s.Reset(body)
		if _, err := s.Text(); err != nil {
			b.Fatal(err)
		}
	}
}
