package schema_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/domain"
)

func FuzzIDLists(f *testing.F) {
	f.Add([]byte{2, 3, 1, 1})
	f.Add(schema.EncodeIDs([]int64{5, 6, 7, 2, 900, 901}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 64 {
			return
		}
		ids, err := schema.DecodeIDs(b, 1<<16)
		if err != nil {
			if !errors.Is(err, domain.ErrCorrupt) {
				t.Fatalf("DecodeIDs: %v; want ErrCorrupt", err)
			}
			return
		}
		again, err := schema.DecodeIDs(schema.EncodeIDs(ids), 1<<16)
		if err != nil || !slices.Equal(ids, again) {
			t.Fatalf("%v came back as %v, %v", fmt.Sprint(ids), again, err)
		}
	})
}
