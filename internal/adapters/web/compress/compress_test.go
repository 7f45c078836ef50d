package compress_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"

	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/memista/memista/internal/adapters/web/compress"
)

func TestOf(t *testing.T) {
	for _, tt := range []struct {
		headers []string
		want    compress.Coding
		refused string
	}{
		{nil, compress.Identity, ""},
		{[]string{""}, compress.Identity, ""},
		{[]string{"identity"}, compress.Identity, ""},
		{[]string{" Identity , identity"}, compress.Identity, ""},
		{[]string{"gzip"}, compress.Gzip, ""},
		{[]string{" GZIP\t"}, compress.Gzip, ""},
		{[]string{"x-gzip"}, compress.Gzip, ""},
		{[]string{"identity, zstd"}, compress.Zstd, ""},
		{[]string{"identity", "zstd"}, compress.Zstd, ""},
		{[]string{"br"}, 0, `"br" is not understood`},
		{[]string{"deflate"}, 0, `"deflate" is not understood`},
		{[]string{"gzip;q=1"}, 0, "is not understood"},
		{[]string{"gzip, br"}, 0, `"br" is not understood`},
		{[]string{"gzip, gzip"}, 0, "more than once"},
		{[]string{"gzip", "zstd"}, 0, "more than once"},
		{[]string{strings.Repeat("x", 10_000)}, 0, "is not understood"},
	} {
		got, err := compress.Of(tt.headers)
		if got != tt.want || (err != nil) != (tt.refused != "") || err != nil && (!errors.Is(err, compress.ErrUnsupported) || !strings.Contains(err.Error(), tt.refused) || len(err.Error()) > 300) {
			t.Errorf("Of(%.40q) = %v, %v; want %v, %q", tt.headers, got, err, tt.want, tt.refused)
		}
	}
}

func TestAccepted(t *testing.T) {
	for header, want := range map[string]compress.Coding{
		"":                                compress.Identity,
		"gzip":                            compress.Gzip,
		"zstd":                            compress.Zstd,
		"gzip, deflate, br, zstd":         compress.Zstd,
		"zstd;q=0.5, gzip":                compress.Gzip,
		"zstd;q=0.5,gzip;q=0.6":           compress.Gzip,
		"zstd; Q = 0.7 , gzip;q=0.6":      compress.Zstd,
		"X-GZIP":                          compress.Gzip,
		"br":                              compress.Identity,
		"deflate, br;q=1.0":               compress.Identity,
		"identity":                        compress.Identity,
		"identity, gzip;q=0.5":            compress.Identity,
		"identity;q=0.5, gzip;q=0.5":      compress.Gzip,
		"identity;q=0, gzip;q=0.001":      compress.Gzip,
		"gzip;q=0":                        compress.Identity,
		"gzip;q=0, *":                     compress.Zstd,
		"*":                               compress.Zstd,
		"*;q=0":                           compress.Identity,
		"*;q=0, gzip":                     compress.Gzip,
		"zstd;q=0, *;q=0.1":               compress.Gzip,
		"gzip;q=0.001":                    compress.Gzip,
		"gzip;q=2":                        compress.Identity,
		"gzip;q=-1":                       compress.Identity,
		"gzip;q=NaN":                      compress.Identity,
		"gzip;q=x":                        compress.Identity,
		"gzip;level=9":                    compress.Identity,
		",, ,gzip":                        compress.Gzip,
		"xgzip, zstdx":                    compress.Identity,
		"gzip;q=0, gzip;q=0.5":            compress.Gzip,
		strings.Repeat("br;q=0.1,", 5000): compress.Identity,
	} {
		if got := compress.Accepted([]string{header}); got != want {
			t.Errorf("Accepted(%.60q) = %v; want %v", header, got, want)
		}
	}
	if got := compress.Accepted(nil); got != compress.Identity {
		t.Errorf("Accepted without a header = %v; want identity", got)
	}
	if got := compress.Accepted([]string{"br", "gzip"}); got != compress.Gzip {
		t.Errorf("Accepted of two headers = %v; want gzip", got)
	}
}

// samples are bodies of several kinds, made with a seed.
func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(20261129, 0))
	random := make([]byte, 3<<20)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	return map[string][]byte{
		"nothing": {}, "a byte": {'x'}, "text": []byte(strings.Repeat("a memory of something that was said. ", 1000)),
		"random": random, "zeros": make([]byte, 20<<20),
	}
}

var codings = []compress.Coding{compress.Identity, compress.Gzip, compress.Zstd}

func TestThereAndBack(t *testing.T) {
	d := compress.NewDecoder()
	for name, plain := range samples() {
		for _, c := range codings {
			packed := c.Append([]byte("before"), plain)
			if !bytes.HasPrefix(packed, []byte("before")) {
				t.Fatalf("%s, %v: what was there is gone", name, c)
			}
			packed = packed[len("before"):]
			held := 0
			got, err := d.Decode(t.Context(), c, []byte("before"), packed, int64(len(plain)), func(n int) error { held += n; return nil })
			if err != nil || string(got[:6]) != "before" || !bytes.Equal(got[6:], plain) || held != len(plain) {
				t.Errorf("%s, %v: %d bytes of which %d were told, %v; want %d", name, c, len(got)-6, held, err, len(plain))
			}
			if most := compress.Limited(int64(len(plain))); int64(len(packed)) > most {
				t.Errorf("%s, %v: compressed %d bytes, more than Limited = %d", name, c, len(packed), most)
			}
			if len(plain) == 0 {
				continue
			}
			if _, err := d.Decode(t.Context(), c, nil, packed, int64(len(plain))-1, func(int) error { return nil }); !errors.Is(err, compress.ErrTooLarge) {
				t.Errorf("%s, %v with a limit one too small: %v; want ErrTooLarge", name, c, err)
			}
		}
	}
}

// A bomb is noticed at the limit, whatever it would become.
func TestBombs(t *testing.T) {
	const limit = 1 << 20
	d := compress.NewDecoder()
	zeros := make([]byte, 1<<20)
	bombs := map[compress.Coding][]byte{}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	for range 64 {
		_, _ = w.Write(zeros)
	}
	_ = w.Close()
	bombs[compress.Gzip] = z.Bytes()
	var s bytes.Buffer
	e, err := zstd.NewWriter(&s)
	if err != nil {
		t.Fatal(err)
	}
	for range 64 {
		_, _ = e.Write(zeros)
	}
	_ = e.Close()
	bombs[compress.Zstd] = s.Bytes()
	for c, bomb := range bombs {
		held := 0
		got, err := d.Decode(t.Context(), c, nil, bomb, limit, func(n int) error { held += n; return nil })
		if !errors.Is(err, compress.ErrTooLarge) || held > limit+1 || cap(got) > 2*limit {
			t.Errorf("%v: %d bytes became %d in memory of %d, %v; want ErrTooLarge at %d", c, len(bomb), held, cap(got), err, limit)
		}
		full := errors.New("full")
		if _, err := d.Decode(t.Context(), c, nil, bomb, limit, func(n int) error { return full }); !errors.Is(err, full) {
			t.Errorf("%v where there is no memory: %v", c, err)
		}
	}
}

func TestBrokenBodies(t *testing.T) {
	d := compress.NewDecoder()
	plain := []byte(strings.Repeat("0123456789", 10_000))
	for _, c := range []compress.Coding{compress.Gzip, compress.Zstd} {
		good := c.Append(nil, plain)
		flipped := bytes.Clone(good)
		flipped[len(flipped)/2] ^= 0xff
		for name, body := range map[string][]byte{
			"plain": plain, "half": good[:len(good)/2], "all but a byte": good[:len(good)-1], "a byte": good[:1],
			"a flipped byte": flipped, "rubbish behind it": append(bytes.Clone(good), "rubbish!"...), "the other": codings[3-c].Append(nil, plain),
		} {
			if _, err := d.Decode(t.Context(), c, nil, body, 1<<20, func(int) error { return nil }); !errors.Is(err, compress.ErrBroken) {
				t.Errorf("%v, %s: %v; want ErrBroken", c, name, err)
			}
		}
		twice := append(bytes.Clone(good), good...)
		if got, err := d.Decode(t.Context(), c, nil, twice, 1<<20, func(int) error { return nil }); err != nil || len(got) != 2*len(plain) {
			t.Errorf("%v, two members: %d bytes, %v; want both", c, len(got), err)
		}
	}
	var wide bytes.Buffer
	e, err := zstd.NewWriter(&wide, zstd.WithWindowSize(32<<20))
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		_, _ = e.Write(make([]byte, 1<<20))
	}
	_ = e.Close()
	if _, err := d.Decode(t.Context(), compress.Zstd, nil, wide.Bytes(), 1<<30, func(int) error { return nil }); !errors.Is(err, compress.ErrBroken) || !strings.Contains(err.Error(), "8 MiB") {
		t.Errorf("a window of 32 MiB: %v; want ErrBroken that names the window", err)
	}
}

// Only so many bodies are decompressed at once; others wait as long as their callers do.
func TestDecoderTakesTurns(t *testing.T) {
	d := compress.NewDecoder()
	begun, goOn := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	body := compress.Gzip.Append(nil, []byte("x"))
	for range d.Slots() {
		go func() {
			_, err := d.Decode(context.Background(), compress.Gzip, nil, body, 10, func(n int) error {
				if n > 0 {
					begun <- struct{}{}
					<-goOn
				}
				return nil
			})
			done <- err
		}()
		<-begun
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Decode(ctx, compress.Gzip, nil, body, 10, func(int) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("one more, whose caller has gone: %v; want context.Canceled", err)
	}
	for range d.Slots() {
		goOn <- struct{}{}
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got, err := d.Decode(t.Context(), compress.Gzip, nil, body, 10, func(int) error { return nil }); err != nil || string(got) != "x" {
		t.Errorf("when there is room again: %q, %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range codings {
		f.Add(uint8(c), c.Append(nil, []byte("a text that is compressed")))
	}
	d := compress.NewDecoder()
	f.Fuzz(func(t *testing.T, c uint8, body []byte) {
		coding := codings[int(c)%len(codings)]
		const limit = 1 << 16
		got, err := d.Decode(t.Context(), coding, nil, body, limit, func(int) error { return nil })
		if len(got) > limit+1 || err == nil && len(got) > limit {
			t.Errorf("%v: %d bytes, %v", coding, len(got), err)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var hits bytes.Buffer
	for i := range 100 {
		fmt.Fprintf(&hits, `{"chunk_id":%d,"key":null,"text":"chunk number %d says what it has to say about %d","metadata":{"n":%d},"score":%v,"distance":%v},`, i, i, r.Int(), i, r.Float32(), r.Float32())
	}
	for name, body := range map[string][]byte{"100 hits": hits.Bytes()} {
		for _, c := range codings {
			b.Run(name+"/"+c.String(), func(b *testing.B) {
				b.SetBytes(int64(len(body)))
				b.ReportAllocs()
				var out []byte
				for b.Loop() {
					out = c.Append(out[:0], body)
				}
				b.ReportMetric(float64(len(out))/float64(len(body)), "size")
			})
		}
	}
}
