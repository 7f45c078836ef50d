package sqlite_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
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

// TestSecureDeleteOfWords looks for the words of deleted and replaced chunks in the bytes
// of a file with full text.
func TestSecureDeleteOfWords(t *testing.T) {
	for _, secure := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "memista.db")
		s := open(t, path, sqlite.Options{SecureDelete: secure}.WithFullText())
		r := rand.New(rand.NewPCG(20261122, 9))
		put := texts(r, 300)
		put[7].Text, put[250].Text = "cat zebrafish", "dog axolotl"
		for i := 0; i < len(put); i += 50 { // segments of the index, with words at both ends of the file
			putTexts(t, s, "db", put[i:i+50]...)
		}
		settled(t, s)
		secrets := []string{"zebrafish", "axolotl"}
		for _, word := range secrets {
			if !bytes.Contains(read(t, path), []byte(word)) {
				t.Fatalf("%s is not in the file to begin with", word)
			}
		}
		replaced := domain.Chunk{ID: 251, Text: "dog", Embedding: []float32{1}}
		if _, err := s.Write(ctx, domain.Batch{Database: "db", Delete: []int64{8}, Put: []domain.Chunk{replaced}}, nil); err != nil {
			t.Fatal(err)
		}
		if secure {
			eventually(t, "the end of the deleted words", func() bool {
				notes, err := s.Text("SELECT count(*) FROM text_1_data WHERE id >= 65536 << 37")
				return err == nil && notes == "0"
			})
		}
		settled(t, s)
		indexed(t, s, "db")
		closeStore(t, s)
		for _, word := range secrets {
			// FTS5 does not write the letters that a word shares with the one before it.
			if got := bytes.Contains(read(t, path), []byte(word[2:])); got == secure {
				t.Errorf("secure %v: is %s in the file? %v", secure, word, got)
			}
		}
	}
}

// TestSecureDeleteOfManyWords takes more than one step, in two databases: of one all rows
// are deleted, of the other a few.
func TestSecureDeleteOfManyWords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := open(t, path, sqlite.Options{SecureDelete: true}.WithFullText())
	const n = 2000
	texts := make([]domain.Chunk, n)
	for i := range texts {
		texts[i] = domain.Chunk{Text: fmt.Sprintf("w%dx y%dz stone common", i*7919, i), Embedding: []float32{1}}
	}
	var some, every []int64
	for i := int64(1); i <= n; i++ {
		every = append(every, i)
		if i%500 == 0 {
			some = append(some, i)
		}
	}
	for _, id := range []string{"one", "two"} {
		for i := 0; i < n; i += 500 {
			putTexts(t, s, id, texts[i:i+500]...)
		}
	}
	for id, gone := range map[string][]int64{"one": every, "two": some} {
		if _, err := s.Write(ctx, domain.Batch{Database: id, Delete: gone}, nil); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the end of the deleted words", func() bool {
		// Text brings a reader to now that is at a moment before the tables were made.
		notes, err := s.Text("SELECT (SELECT count(*) FROM text_1_data WHERE id >= 65536 << 37) + (SELECT count(*) FROM text_2_data WHERE id >= 65536 << 37)")
		return err == nil && notes == "0"
	})
	indexed(t, s, "one")
	indexed(t, s, "two")
	wantIDs(t, s, "one", "stone")
	if found, err := search(t, s, "two", "stone"); err != nil || len(found) != n-len(some) {
		t.Errorf("SearchText(stone) finds %d, %v; want %d", len(found), err, n-len(some))
	}
	settled(t, s)
	closeStore(t, s)
	raw := read(t, path)
	for _, id := range some {
		// FTS5 does not write the letters that a word shares with the one before it.
		if word := fmt.Sprintf("%dx", (id-1)*7919); bytes.Contains(raw, []byte(word[len(word)-6:])) {
			t.Errorf("a part of the word %s is in the file", word)
		}
	}
}
