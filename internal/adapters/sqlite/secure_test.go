package sqlite_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// TestSecureDelete looks for deleted text in the bytes of the file. Without the option it
// is still there, which shows that the search would find it.
func TestSecureDelete(t *testing.T) {
	for _, secure := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "memista.db")
		s := open(t, path, &sqlite.Options{SecureDelete: secure})
		chunks := plain(40, 8)
		secret := "the-deleted-secret"
		for i := range chunks {
			chunks[i].Text = "kept"
		}
		chunks[7].Text, chunks[7].Metadata = secret, domain.MetadataString(strings.Repeat(secret, 3000)) // on pages of its own, too
		chunks[8].Text, chunks[8].Key = secret, secret+"-key"
		put(t, s, "db", chunks...)
		settled(t, s)
		if !bytes.Contains(read(t, path), []byte(secret)) {
			t.Fatal("the text is not in the file to begin with")
		}
		replaced := chunks[8]
		replaced.Key, replaced.Text, replaced.ID = "", "other", 9
		if _, err := s.Write(ctx, domain.Batch{Database: "db", Delete: []int64{8}, Put: []domain.Chunk{replaced}}, nil); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s) // after a checkpoint
		if got := bytes.Contains(read(t, path), []byte(secret)); got == secure {
			t.Errorf("secure %v: is the deleted text in the file? %v", secure, got)
		}
	}
}
