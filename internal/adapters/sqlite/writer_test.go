package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// holdWriter keeps the writer inside a batch until release is called, so that what is
// queued meanwhile lands in the same transaction.
func holdWriter(t *testing.T, s *sqlite.Store) (release func()) {
	t.Helper()
	inside, leave, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := s.Write(ctx, domain.Batch{Database: "held", Create: &domain.Settings{}, Put: plain(1, 2), Check: func(domain.Database) error {
			close(inside)
			<-leave
			return nil
		}}, nil)
		done <- err
	}()
	<-inside
	return func() {
		close(leave)
		if err := <-done; err != nil {
			t.Errorf("the batch that held the writer = %v; want nil", err)
		}
	}
}

func TestQueuedBatchesShareOneCommit(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	put(t, s, "db", plain(1, 2)...)
	before := s.Stats()
	release := holdWriter(t, s)
	const callers = 20
	var mu sync.Mutex
	var order []int64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			b := domain.Batch{Database: "db", Put: plain(2, 2)}
			if i%5 == 0 {
				b.Put = append(b.Put, plain(1, 3)...) // refused inside the shared transaction
			}
			_, err := s.Write(ctx, b, func(c domain.Commit) {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, c.Database.Sequence)
			})
			if i%5 == 0 {
				wantKind(t, "Write of a bad batch", err, domain.ErrDimension)
			} else if err != nil {
				t.Errorf("Write beside bad batches = %v; want nil", err)
			}
		})
	}
	eventually(t, "all callers in the queue", func() bool { return s.Queued() == callers })
	release()
	wg.Wait()
	st := s.Stats()
	if commits, batches, refused := st.Syncs-before.Syncs, st.Batches-before.Batches, st.Refused-before.Refused; commits != 1 || batches != 17 || refused != 4 {
		t.Errorf("%d fsyncs, %d batches, %d refused; want 1, 17, 4", commits, batches, refused)
	}
	if class := st.GroupSizes[5] - before.GroupSizes[5]; class != 1 {
		t.Errorf("%d groups of 17 to 32 requests; want 1, that of the %d callers", class, callers)
	}
	for i, sequence := range order {
		if want := int64(3 + 2*i); sequence != want {
			t.Fatalf("applied saw sequences %v; want 3, 5, 7 …", order)
		}
	}
	if got := len(all(t, s, "db")); got != 33 || len(order) != 16 {
		t.Errorf("%d chunks, %d calls of applied; want 33, 16", got, len(order))
	}
}

func TestContextMattersUntilTheBatchIsBegun(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	put(t, s, "db", plain(1, 2)...)
	release := holdWriter(t, s)
	queued, cancel := context.WithCancel(ctx)
	result := make(chan error, 1)
	go func() {
		_, err := s.Write(queued, domain.Batch{Database: "db", Put: plain(1, 2)}, func(domain.Commit) { t.Error("applied was called") })
		result <- err
	}()
	eventually(t, "the batch in the queue", func() bool { return s.Queued() == 1 })
	cancel()
	wantKind(t, "Write whose context ended in the queue", <-result, context.Canceled) // while the writer is held
	release()

	begun, cancel := context.WithCancel(ctx)
	defer cancel()
	_, err := s.Write(begun, domain.Batch{Database: "db", Put: plain(1, 2), Check: func(domain.Database) error {
		cancel()
		return nil
	}}, nil)
	if err != nil {
		t.Errorf("Write whose context ended once it was begun = %v; want nil", err)
	}
	if got := len(all(t, s, "db")); got != 2 {
		t.Errorf("%d chunks; want 2", got)
	}
}

func TestSinglesFromManyCallersShareFsyncs(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	put(t, s, "db", plain(1, 100)...)
	before := s.Stats()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 40 {
				if _, err := s.Write(ctx, domain.Batch{Database: "db", Put: plain(1, 100)}, nil); err != nil {
					t.Errorf("Write = %v; want nil", err)
				}
			}
		})
	}
	wg.Wait()
	st := s.Stats()
	acks, syncs := st.Batches-before.Batches, st.Syncs-before.Syncs
	if acks != 640 || 4*syncs > acks {
		t.Errorf("%d acks took %d fsyncs; want 640 with at most one per 4", acks, syncs)
	}
}

func TestDiskUsedPerVector(t *testing.T) {
	for _, dims := range []int{384, 768, 1024, 1536} {
		t.Run(fmt.Sprint(dims), func(t *testing.T) {
			if got := diskRatio(t, nil, dims); got > 1.35 {
				t.Errorf("the file has %.3f times the size of its vectors; want at most 1.35", got)
			}
		})
	}
}

func TestReadersSeeNothingOfAnOpenTransaction(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "memista.db"), ""} {
		s := open(t, path, nil)
		db := put(t, s, "db", plain(2, 2)...).Database
		if path != "" { // readers of a store in memory wait instead
			release := holdWriter(t, s)
			if got := len(all(t, s, "db")); got != 2 {
				t.Errorf("%d chunks beside an open transaction; want 2", got)
			}
			_, err := s.Find(ctx, "held")
			wantKind(t, "Find of a database that is not committed", err, domain.ErrNotFound)
			release()
		}
		if got, err := s.Chunks(ctx, db, domain.Selection{IDs: []int64{2, 1}}, 0); err != nil || len(got) != 2 {
			t.Errorf("Chunks = %v, %v; want 2", got, err)
		}
	}
}
