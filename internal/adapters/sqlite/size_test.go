package sqlite_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// TestTheFileIsLittleLargerThanWhatIsInIt compares the file, after a checkpoint, with
// what was sent: vectors, texts and metadata.
func TestTheFileIsLittleLargerThanWhatIsInIt(t *testing.T) {
	const most = 1.35
	for _, c := range []struct{ dims, chunks, text int }{
		{384, 6000, 100}, {768, 3000, 100}, {1024, 2400, 100}, {1536, 1600, 100}, {768, 1500, 2000},
	} {
		t.Run(fmt.Sprintf("%d × %d with %d bytes of text", c.chunks, c.dims, c.text), func(t *testing.T) {
			// Without fsyncs, which change no byte of it.
			s := open(t, filepath.Join(t.TempDir(), "memista.db"), &sqlite.Options{Durability: "normal"})
			raw := 0
			for left := c.chunks; left > 0; left -= 500 {
				chunks := plain(min(left, 500), c.dims)
				for i := range chunks {
					chunks[i].Text = strings.Repeat("x", c.text)
					chunks[i].Metadata = domain.Metadata{Form: domain.ObjectMetadata, Text: `{"source":"a page of a book","page":12}`}
					raw += 4*c.dims + c.text + len(chunks[i].Metadata.Text)
				}
				put(t, s, "db", chunks...)
			}
			size := settled(t, s)
			t.Logf("%d bytes sent, %d in the file: %.3f", raw, size, float64(size)/float64(raw))
			if size < int64(raw) {
				t.Fatalf("the file has %d bytes, less than the %d that are in it", size, raw)
			}
			if float64(size) > most*float64(raw) {
				t.Errorf("the file has %d bytes, %.2f of the %d that are in it; want at most %.2f", size, float64(size)/float64(raw), raw, most)
			}
		})
	}
}
