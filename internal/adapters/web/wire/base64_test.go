package wire_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/memista/memista/internal/adapters/web/wire"
)

func TestVectorRoundTrip(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, 0))
	var s wire.Scanner
	for n := range 40 {
		v := make([]float32, n)
		var raw []byte
		for i := range v {
			bits := r.Uint32() // NaNs, too: refusing them is not the reader's part
			v[i] = math.Float32frombits(bits)
			raw = binary.LittleEndian.AppendUint32(raw, bits)
		}
		text := wire.AppendBase64([]byte("x"), v)
		if want := `x"` + base64.StdEncoding.EncodeToString(raw) + `"`; string(text) != want {
			t.Fatalf("seed %d: AppendBase64 of %x = %s; want %s", seed, raw, text, want)
		}
		s.Reset(text[1:])
		got, err := s.Vector([]float32{7})
		if err != nil || s.End() != nil || len(got) != n+1 || got[0] != 7 {
			t.Fatalf("seed %d: Vector(%s) = %d components, %v; want %d after the first", seed, text, len(got), err, n)
		}
		for i, x := range got[1:] {
			if math.Float32bits(x) != math.Float32bits(v[i]) {
				t.Errorf("seed %d: component %d of %d is %x; want %x", seed, i, n, math.Float32bits(x), math.Float32bits(v[i]))
			}
		}
	}
}

// FuzzVector compares with encoding/json and encoding/base64.
func FuzzVector(f *testing.F) {
	for _, s := range []string{`""`, `"AACAPwAAIMA="`, `"AACAPw=="`, `"AACAPw="`, `"/\/9/Pw\u003d="`, `[1,2]`, `"A\nACAPw=="`, `null`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var s wire.Scanner
		s.Reset(body)
		got, err := s.Vector(nil)
		if err != nil || s.End() != nil || !bytes.HasPrefix(bytes.TrimSpace(body), []byte{'"'}) {
			return
		}
		var text string
		if err := json.Unmarshal(body, &text); err != nil {
			t.Fatalf("Vector(%q) = %v; encoding/json: %v", body, got, err)
		}
		raw, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(raw) != 4*len(got) {
			t.Fatalf("Vector(%q) = %v; encoding/base64: %d bytes, %v", body, got, len(raw), err)
		}
		for i, x := range got {
			if want := binary.LittleEndian.Uint32(raw[4*i:]); math.Float32bits(x) != want {
				t.Errorf("Vector(%q)[%d] = %x; want %x", body, i, math.Float32bits(x), want)
			}
		}
	})
}

func BenchmarkVector(b *testing.B) {
	v, err := func() ([]float32, error) {
		var s wire.Scanner
		s.Reset(array(768, false))
		return s.Floats(nil)
	}()
	if err != nil {
		b.Fatal(err)
	}
	body := wire.AppendBase64(nil, v)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	var s wire.Scanner
	for b.Loop() {
		s.Reset(body)
		if v, err = s.Vector(v[:0]); err != nil || len(v) != 768 {
			b.Fatal(len(v), err)
		}
	}
}
