package export

import (
	"context"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

// keys is what must be known of all keys before the first is written.
type keys struct {
	points  bool              // they are those of points, as the API of Qdrant makes them
	numbers *roaring64.Bitmap // keys that are decimal digits
}

// readKeys reads all keys. Those of points are told by their form, which all must have.
func readKeys(ctx context.Context, d *api.Database, o api.ListOptions) (keys, error) {
	o.Include = []api.Part{}
	k := keys{numbers: roaring64.New()}
	all, one := true, false
	err := eachPage(ctx, d, o, func(chunks []api.Chunk) error {
		for _, c := range chunks {
			is, sure := store.IsPointKey(c.Key)
			all, one = all && is, one || sure
			if n, err := strconv.ParseUint(c.Key, 10, 64); err == nil && strconv.FormatUint(n, 10) == c.Key {
				k.numbers.Add(n)
			}
		}
		return nil
	})
	k.points = all && one
	return k, err
}

// taken reports whether id, in decimal, is the key of a chunk.
func (k keys) taken(id int64) bool { return k.numbers != nil && k.numbers.Contains(uint64(id)) }

// chunk returns c with the key as other stores know it.
func (k keys) chunk(c *api.Chunk) (domain.Chunk, error) {
	metadata, err := form(c.Metadata)
	key := c.Key
	if k.points {
		key = store.PointID(key)
	}
	return domain.Chunk{ID: c.ID, Key: key, Text: c.Text, Metadata: metadata, Embedding: c.Embedding, Sparse: sparse(c.Sparse), Vectors: c.Vectors, ExpiresAt: c.ExpiresAt}, err
}
