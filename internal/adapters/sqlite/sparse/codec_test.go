package sparse_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/sqlite/sparse"
	"github.com/memista/memista/internal/domain"
)

func TestVectorsComeBack(t *testing.T) {
	for name, v := range map[string]domain.SparseVectors{
		"none":      nil,
		"one":       {"bm25": {Indices: []uint32{7}, Values: []float32{1.5}}},
		"empty":     {"bm25": {Indices: []uint32{}, Values: []float32{}}},
		"the ends":  {"a": {Indices: []uint32{0, 1, math.MaxUint32 - 1, math.MaxUint32}, Values: []float32{float32(math.Copysign(0, -1)), 1e-40, math.MaxFloat32, -1}}},
		"two names": {"text": {Indices: []uint32{3, 4}, Values: []float32{1, 2}}, "日本": {Indices: []uint32{0}, Values: []float32{3}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := sparse.Decode(sparse.Encode(v))
			if diff := cmp.Diff(v, got); err != nil || diff != "" {
				t.Errorf("Decode(Encode) = %v (-want +got):\n%s", err, diff)
			}
			for at, one := range v {
				for i, x := range one.Values {
					if math.Float32bits(x) != math.Float32bits(got[at].Values[i]) {
						t.Errorf("%s: value %d is %x; want %x", at, i, got[at].Values[i], x)
					}
				}
			}
		})
	}
}

func TestIndicesAreStoredInOrder(t *testing.T) {
	got, err := sparse.Decode(sparse.Encode(domain.SparseVectors{"a": {Indices: []uint32{9, 2, 5}, Values: []float32{9, 2, 5}}}))
	want := domain.SparseVectors{"a": {Indices: []uint32{2, 5, 9}, Values: []float32{2, 5, 9}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Decode(Encode) = %v (-want +got):\n%s", err, diff)
	}
}

func TestDamageIsFound(t *testing.T) {
	for name, b := range map[string]string{
		"nothing":               "",
		"no name":               "\x00\x00",
		"a name cut off":        "\x02a",
		"no count":              "\x01a",
		"an index twice":        "\x01a\x02\x01\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00",
		"an index too large":    "\x01a\x02\x01\x80\x80\x80\x80\x10" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00",
		"more than it says":     "\x01a\x01\x01" + "\x00\x00\x00\x00" + "\x00",
		"values cut off":        "\x01a\x01\x01" + "\x00\x00\x00",
		"no number":             "\x01a\x01\x01" + "\x00\x00\xc0\x7f",
		"infinite":              "\x01a\x01\x01" + "\x00\x00\x80\x7f",
		"names in other order":  "\x01b\x00\x01a\x00",
		"a name twice":          "\x01a\x00\x01a\x00",
		"entries without end":   "\x01a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"a name that is longer": "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a",
	} {
		if v, err := sparse.Decode([]byte(b)); !errors.Is(err, domain.ErrCorrupt) {
			t.Errorf("%s: Decode(%q) = %v, %v; want ErrCorrupt", name, b, v, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		v := domain.SparseVector{}
		for i := range uint32(r.IntN(20)) {
			v.Indices, v.Values = append(v.Indices, i*i*r.Uint32N(7)+i), append(v.Values, r.Float32())
		}
		f.Add(sparse.Encode(domain.SparseVectors{"a": {}, "bm25": v}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := sparse.Decode(b)
		if err != nil {
			if !errors.Is(err, domain.ErrCorrupt) {
				t.Fatalf("Decode: %v; want ErrCorrupt", err)
			}
			return
		}
		for name, one := range v {
			if err := one.Check(); err != nil {
				t.Fatalf("Decode returned a vector %q that could not be stored: %v", name, err)
			}
		}
		again, err := sparse.Decode(sparse.Encode(v))
		if diff := cmp.Diff(v, again); err != nil || diff != "" {
			t.Fatalf("it came back as another, %v (-want +got):\n%s", err, diff)
		}
	})
}
