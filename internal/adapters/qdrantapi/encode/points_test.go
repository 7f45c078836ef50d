package encode_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/memista/memista/internal/adapters/qdrantapi/encode"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// TestIDs compares ids as they are written with what the form of keys says they are.
func TestIDs(t *testing.T) {
	for _, form := range []collections.KeyForm{collections.KeyForm(collection.PointKeys), collections.KeyForm(collection.RawKeys)} {
		p := encode.Points{Keys: form}
		keys := []string{"", "u:", "u:0", "5", "x", "u:00000000000000000x07", "u:99999999999999999999", "u:0000000000000000007", "u:000000000000000000007", "x:6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11", "z:7", "z:a\"b"}
		for _, n := range []uint64{0, 1, 10, 100, 12345, 1 << 53, 9999999999999999999, 10000000000000000000, math.MaxUint64} {
			keys = append(keys, form.Key(collections.Number(n)))
		}
		for _, key := range keys {
			c := domain.Chunk{ID: 3, Key: key}
			want := fmt.Sprintf(`{"id":%s}`, form.ID(key, 3).AppendJSON(nil))
			if got := string(p.AppendRecord(nil, &c)); got != want {
				t.Errorf("%s: the point with the key %q = %s; want %s", form, key, got, want)
			}
		}
	}
}
