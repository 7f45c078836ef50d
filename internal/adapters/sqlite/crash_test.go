package sqlite_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

func TestAFileThatAnotherProcessHoldsIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	child, out := startChild(t, "hold", path)
	line(t, out)
	_, err := sqlite.Open(ctx, path, nil)
	wantKind(t, "Open of a file that another process holds", err, domain.ErrLocked)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed
	put(t, open(t, path, nil), "db", plain(1, 2)...)
}

// crashChunk is chunk number n of writer w: anybody can tell what it must hold.
func crashChunk(w, n int) domain.Chunk {
	rng := rand.New(rand.NewPCG(uint64(w), uint64(n)))
	c := domain.Chunk{Key: fmt.Sprintf("%d/%d", w, n), Text: fmt.Sprintf("writer %d chunk %d", w, n), Embedding: make([]float32, 50)}
	c.Metadata = domain.MetadataString(fmt.Sprint(rng.Uint64()))
	for i := range c.Embedding {
		c.Embedding[i] = rng.Float32()
	}
	return c
}

const crashBatch = 3

// insertForever inserts from a few goroutines and prints what was acknowledged, and of
// every fourth batch deletes the first chunk.
func insertForever(path string, o *sqlite.Options, settings domain.Settings) error {
	s, err := sqlite.Open(ctx, path, o)
	if err != nil {
		return err
	}
	db, err := s.Find(ctx, "crash")
	if err != nil && !errors.Is(err, domain.ErrNotFound) {
		return err
	}
	first := int(db.Sequence) + 1 // above every number of the processes before
	var mu sync.Mutex
	failed := make(chan error)
	for w := range 3 {
		go func() {
			for n := first; ; n += crashBatch {
				var b domain.Batch
				b.Database, b.Create = "crash", &settings
				for i := range crashBatch {
					c := crashChunk(w, n+i)
					if settings.Sparse.Len() > 0 {
						c.Sparse = crashSparse(w, n+i)
					}
					if settings.Vectors.Len() > 0 {
						c.Vectors = crashVectors(w, n+i)
					}
					b.Put = append(b.Put, c)
				}
				c, err := s.Write(ctx, b, nil)
				if err == nil && n%4 == 0 {
					_, err = s.Write(ctx, domain.Batch{Database: "crash", Delete: c.IDs[:1]}, nil)
				}
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				fmt.Println(w, n, c.IDs[0], n%4 == 0)
				mu.Unlock()
			}
		}()
	}
	return <-failed
}

func TestAcknowledgedChunksSurviveKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	want, deleted := killAndRemember(t, "insert", path)
	s := open(t, path, nil)
	wantText(t, s, "PRAGMA integrity_check", "ok")
	checkSurvivors(t, all(t, s, "crash"), want, deleted)
}

// TestTextIndexSurvivesKill finds out whether a kill can come between a row and its words.
func TestTextIndexSurvivesKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	want, deleted := killAndRemember(t, "insert texts", path)
	s := openWith(t, path)
	checkSurvivors(t, all(t, s, "crash"), want, deleted)
	if err := s.CheckText("crash"); err != nil {
		t.Errorf("the text index: %v", err)
	}
	matches, err := search(t, s, "crash", "chunk")
	if rows := all(t, s, "crash"); err != nil || len(matches) != len(rows) {
		t.Errorf("SearchText finds %d chunks, %v; want all %d", len(matches), err, len(rows))
	}
}

// killAndRemember starts and kills children that insert, and returns what they have
// acknowledged.
func killAndRemember(t *testing.T, role, path string) (want map[int64]domain.Chunk, deleted map[int64]bool) {
	t.Helper()
	const kills, acks = 5, 25
	want, deleted = map[int64]domain.Chunk{}, map[int64]bool{}
	for k := range kills {
		child, out := startChild(t, role, path)
		for range acks + 7*k { // so that each is killed at another moment
			remember(t, line(t, out), want, deleted)
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for out.Scan() { // what was acknowledged until the kill counts too
			remember(t, out.Text(), want, deleted)
		}
		_ = child.Wait() // killed
	}
	return want, deleted
}

func remember(t *testing.T, ack string, want map[int64]domain.Chunk, deleted map[int64]bool) {
	t.Helper()
	var w, n int
	var id int64
	var first bool
	if _, err := fmt.Sscan(ack, &w, &n, &id, &first); err != nil {
		return // cut off by the kill
	}
	for i := range crashBatch {
		want[id+int64(i)] = crashChunk(w, n+i)
	}
	if first {
		deleted[id] = true
	}
}

// checkSurvivors compares the rows with what was acknowledged; what was not may be there
// too, whole batches at a time.
func checkSurvivors(t *testing.T, rows []domain.Chunk, want map[int64]domain.Chunk, deleted map[int64]bool) {
	t.Helper()
	got := map[int64]domain.Chunk{}
	for _, c := range rows {
		got[c.ID] = c
		var w, n int
		if _, err := fmt.Sscanf(c.Key, "%d/%d", &w, &n); err != nil {
			t.Fatalf("key %q: %v", c.Key, err)
		}
		c.ID, c.Sequence = 0, 0
		if diff := cmp.Diff(crashChunk(w, n), c); diff != "" {
			t.Errorf("chunk %s differs (-want +got):\n%s", c.Key, diff)
		}
	}
	for id, c := range want {
		row, there := got[id]
		switch {
		case deleted[id] && there:
			t.Errorf("chunk %d is back after an acknowledged delete", id)
		case !deleted[id] && (!there || row.Key != c.Key):
			t.Errorf("chunk %d = %q; want the acknowledged %q", id, row.Key, c.Key)
		}
	}
	// Every batch has consecutive ids, so a torn one would leave a gap that no delete made.
	for _, c := range rows {
		for id := batchOf(c.ID); id < batchOf(c.ID)+crashBatch; id++ {
			if _, there := got[id]; !there && id != batchOf(c.ID) {
				t.Errorf("chunk %d is there, %d of the same batch is not", c.ID, id)
			}
		}
	}
	t.Logf("%d acknowledged chunks, %d rows", len(want), len(got))
}

// batchOf is the first id of the batch that id came with: all have the same size.
func batchOf(id int64) int64 { return (id-1)/crashBatch*crashBatch + 1 }
