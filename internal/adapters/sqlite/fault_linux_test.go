package sqlite_test

import (
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

//nolint:gochecknoinits // a role that only Linux has joins those of all systems
func init() { children["fault"] = meetFault }

// TestDiskFault runs in a process of its own, because the fault is a limit on the size of
// files, which holds for all of a process: writes past it fail with EFBIG, which SQLite
// reports as it does EIO.
func TestDiskFault(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	child, out := startChild(t, "fault", path)
	for out.Scan() {
		t.Errorf("the child says: %s", out.Text())
	}
	if err := child.Wait(); err != nil {
		t.Fatalf("the child = %v; want nil", err)
	}
	s := open(t, path, nil)
	wantText(t, s, "PRAGMA integrity_check", "ok")
	if got := len(all(t, s, "db")); got != 103 {
		t.Errorf("%d chunks; want the 103 acknowledged", got)
	}
}

// limitFiles sets how long a file of this process may become.
func limitFiles(bytes uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	limit.Cur = min(bytes, limit.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}

func meetFault(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	const pause = time.Second
	start := time.Now()
	s, err := sqlite.Open(ctx, path, sqlite.Options{}.WithPause(pause))
	if err != nil {
		return err
	}
	first, err := s.Write(ctx, domain.Batch{Database: "db", Create: &domain.Settings{}, Put: plain(100, 64)}, nil)
	if err != nil {
		return err
	}
	if err := limitFiles(uint64(s.Stats().WALBytes) + 1000); err != nil {
		return err
	}
	if err := failTogether(s, first.Database); err != nil {
		return err
	}
	if err := limitFiles(1 << 62); err != nil {
		return err
	}
	if _, err = s.Write(ctx, domain.Batch{Database: "db", Put: plain(1, 64)}, nil); !errors.Is(err, domain.ErrReadOnly) && time.Since(start) < pause {
		return fmt.Errorf("Write soon after the fault = %w; want %w", err, domain.ErrReadOnly)
	}
	for deadline := time.Now().Add(20 * time.Second); err != nil; {
		if time.Now().After(deadline) {
			return fmt.Errorf("Write long after the fault = %w; want nil", err)
		}
		_, err = s.Write(ctx, domain.Batch{Database: "db", Put: plain(3, 64)}, nil)
	}
	if st := s.Stats(); st.ReadOnly || st.Faults != 1 {
		return fmt.Errorf("Stats after the fault = %+v; want one fault, no longer read-only", st)
	}
	if p := s.Problems(); len(p) != 0 {
		return fmt.Errorf("Problems after the fault = %+v; want none", p)
	}
	return s.Close()
}

// failTogether writes a few batches that cannot be stored, and checks what is left.
func failTogether(s *sqlite.Store, db domain.Database) error {
	var wg sync.WaitGroup
	results := make(chan error, 4)
	for range cap(results) {
		wg.Go(func() {
			_, err := s.Write(ctx, domain.Batch{Database: "db", Put: plain(200, 64)}, nil)
			results <- err
		})
	}
	wg.Wait()
	close(results)
	for err := range results {
		if !errors.Is(err, domain.ErrReadOnly) {
			return fmt.Errorf("Write in a disk fault = %w; want %w", err, domain.ErrReadOnly)
		}
	}
	if st := s.Stats(); !st.ReadOnly || st.Faults != 1 {
		return fmt.Errorf("Stats in the fault = %+v; want read-only after one fault", st)
	}
	if p := s.Problems(); len(p) != 1 || !errors.Is(p[0].Kind, domain.ErrReadOnly) {
		return fmt.Errorf("Problems in the fault = %+v; want read-only", p)
	}
	chunks, err := s.Chunks(ctx, db, domain.Selection{Limit: 1000}, domain.DefaultFields)
	if err != nil || len(chunks) != 100 {
		return fmt.Errorf("reading in the fault: %d chunks, %w; want 100, nil", len(chunks), err)
	}
	return nil
}
