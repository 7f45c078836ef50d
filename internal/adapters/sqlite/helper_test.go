package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

var ctx = context.Background()

func open(tb testing.TB, path string, o *sqlite.Options) *sqlite.Store {
	tb.Helper()
	s, err := sqlite.Open(ctx, path, o)
	if err != nil {
		tb.Fatalf("Open(%q) = %v; want nil", path, err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func closeStore(tb testing.TB, s *sqlite.Store) {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Fatalf("Close() = %v; want nil", err)
	}
}

// put stores chunks in database id.
func put(tb testing.TB, s *sqlite.Store, id string, chunks ...domain.Chunk) domain.Commit {
	tb.Helper()
	c, err := s.Write(ctx, domain.Batch{Database: id, Create: &domain.Settings{}, Put: chunks}, nil)
	if err != nil {
		tb.Fatalf("Write(%q, %d chunks) = %v; want nil", id, len(chunks), err)
	}
	return c
}

// plain makes n chunks with dims components each.
func plain(n, dims int) []domain.Chunk {
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		chunks[i] = domain.Chunk{Text: fmt.Sprintf("chunk %d", i), Metadata: domain.MetadataString(`{"n":1}`), Embedding: make([]float32, dims)}
		for j := range chunks[i].Embedding {
			chunks[i].Embedding[j] = float32(i*dims+j) / 7
		}
	}
	return chunks
}

func all(tb testing.TB, s *sqlite.Store, id string) []domain.Chunk {
	tb.Helper()
	db, err := s.Find(ctx, id)
	if err != nil {
		tb.Fatalf("Find(%q) = %v; want nil", id, err)
	}
	chunks, err := s.Chunks(ctx, db, domain.Selection{Limit: 1 << 20}, domain.DefaultFields|domain.FieldEmbedding)
	if err != nil {
		tb.Fatalf("Chunks(%q) = %v; want nil", id, err)
	}
	return chunks
}

// wantKind checks that call failed with an error of a kind.
func wantKind(tb testing.TB, call string, got, want error) {
	tb.Helper()
	if !errors.Is(got, want) {
		tb.Errorf("%s = %v; want %v", call, got, want)
	}
}

// wantText checks what a query on a reader yields.
func wantText(tb testing.TB, s *sqlite.Store, sql, want string) {
	tb.Helper()
	got, err := s.Text(sql)
	if err != nil || got != want {
		tb.Errorf("%s = %q, %v; want %q", sql, got, err, want)
	}
}

// eventually waits until reached is true.
func eventually(tb testing.TB, what string, reached func() bool) {
	tb.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !reached() {
		select {
		case <-tick.C:
		case <-deadline:
			tb.Fatalf("after 20 s: %s has not come about", what)
		}
	}
}

func fileSize(tb testing.TB, path string) int64 {
	tb.Helper()
	info, err := os.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	return info.Size()
}

func script(tb testing.TB, path, sql string) {
	tb.Helper()
	if err := sqlite.Script(path, sql); err != nil {
		tb.Fatalf("%s on %s = %v; want nil", sql, path, err)
	}
}
