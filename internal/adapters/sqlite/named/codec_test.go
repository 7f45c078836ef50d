package named_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/sqlite/named"
	"github.com/memista/memista/internal/domain"
)

func TestVectorsComeBack(t *testing.T) {
	for name, v := range map[string]domain.Vectors{
		"none":      nil,
		"one":       {"title": {1.5, -2}},
		"the ends":  {"a": {float32(math.Copysign(0, -1)), 1e-40, math.MaxFloat32}},
		"two names": {"title": {3, 4}, "日本": {0}},
	} {
		got, err := named.Decode(named.Encode(v))
		if diff := cmp.Diff(v, got); err != nil || diff != "" {
			t.Errorf("%s: Decode(Encode) = %v (-want +got):\n%s", name, err, diff)
		}
		for at, one := range v {
			for i, x := range one {
				if math.Float32bits(x) != math.Float32bits(got[at][i]) {
					t.Errorf("%s: component %d is %x; want %x", at, i, got[at][i], x)
				}
			}
		}
	}
}

func TestDamageIsFound(t *testing.T) {
	const one = "\x00\x00\x00\x00"
	for name, b := range map[string]string{
		"nothing":                "",
		"no name":                "\x00\x01" + one,
		"a name cut off":         "\x02a",
		"no count":               "\x01a",
		"no components":          "\x01a\x00",
		"more than it says":      "\x01a\x01" + one + "\x00",
		"components cut off":     "\x01a\x01\x00\x00\x00",
		"names in other order":   "\x01b\x01" + one + "\x01a\x01" + one,
		"a name twice":           "\x01a\x01" + one + "\x01a\x01" + one,
		"components without end": "\x01a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"a name that is longer":  "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a",
	} {
		if v, err := named.Decode([]byte(b)); !errors.Is(err, domain.ErrCorrupt) {
			t.Errorf("%s: Decode(%q) = %v, %v; want ErrCorrupt", name, b, v, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(named.Encode(domain.Vectors{"a": {1}, "title": {1, 2, 3}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := named.Decode(b)
		if err != nil {
			if !errors.Is(err, domain.ErrCorrupt) {
				t.Fatalf("Decode: %v; want ErrCorrupt", err)
			}
			return
		}
		// NaN is not refused here, so encodings are compared.
		encoded := named.Encode(v)
		again, err := named.Decode(encoded)
		if err != nil || string(named.Encode(again)) != string(encoded) {
			t.Fatalf("it came back as another: %v", err)
		}
	})
}
