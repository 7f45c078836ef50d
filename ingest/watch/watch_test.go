package watch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/memista/memista/ingest/watch"
)

// patience is how long a change may take to be seen on a busy machine.
const patience = 30 * time.Second

func TestChangesAreSeen(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	called, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- watch.Run(ctx, []string{dir}, func(ctx context.Context) error {
			select {
			case called <- struct{}{}:
			case <-ctx.Done():
			}
			return nil
		})
	}()
	seen := func(what string) {
		t.Helper()
		select {
		case <-called:
		case err := <-ended:
			t.Fatalf("Run = %v, before it told of %s", err, what)
		case <-time.After(patience):
			t.Fatalf("nothing told of %s", what)
		}
	}
	seen("the start")
	write("a.md")
	seen("a new file")
	write("sub/b.md")
	seen("a new folder")
	write("sub/b.md")
	seen("a change in a new folder")
	if err := os.RemoveAll(filepath.Join(dir, "sub")); err != nil {
		t.Fatal(err)
	}
	seen("a folder that is gone")
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v; want that of the context", err)
	}
}

func TestTheErrorOfACallEndsIt(t *testing.T) {
	want := errors.New("full")
	if err := watch.Run(t.Context(), []string{t.TempDir()}, func(context.Context) error { return want }); !errors.Is(err, want) {
		t.Errorf("Run = %v; want %v", err, want)
	}
	if err := watch.Run(t.Context(), []string{filepath.Join(t.TempDir(), "none")}, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Run = %v of a path that is not there", err)
	}
}
