package watch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/memista/memista/ingest/watch"
)

// patience is how long a change may take to be seen on a busy machine.
const patience = 30 * time.Second

// run is a call of Run that can be asked what it tells.
type run struct {
	t      *testing.T
	dir    string
	called chan []string
	ended  chan error
	cancel context.CancelFunc
}

// start watches the names in dir.
func start(t *testing.T, dir string, names ...string) *run {
	t.Helper()
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(dir, name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{t, dir, make(chan []string), make(chan error, 1), cancel}
	go func() {
		r.ended <- watch.Run(ctx, paths, func(ctx context.Context, there []string) error {
			select {
			case r.called <- there:
			case <-ctx.Done():
			}
			return nil
		})
	}()
	return r
}

func (r *run) write(name string) {
	r.t.Helper()
	err := os.MkdirAll(filepath.Dir(filepath.Join(r.dir, name)), 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(r.dir, name), []byte("x"), 0o600)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// seen waits until Run tells of something, with these names of paths that are there.
func (r *run) seen(what string, names ...string) {
	r.t.Helper()
	select {
	case there := <-r.called:
		for i, path := range there {
			there[i], _ = filepath.Rel(r.dir, path) // it is in dir
		}
		if !slices.Equal(there, names) {
			r.t.Errorf("with %s %q are there; want %q", what, there, names)
		}
	case err := <-r.ended:
		r.t.Fatalf("Run = %v, before it told of %s", err, what)
	case <-time.After(patience):
		r.t.Fatalf("nothing told of %s", what)
	}
}

// end cancels Run, which must not have ended before.
func (r *run) end() {
	r.t.Helper()
	r.cancel()
	if err := <-r.ended; !errors.Is(err, context.Canceled) {
		r.t.Errorf("Run = %v; want that of the context", err)
	}
}

// moved renames a file or folder in dir.
func (r *run) moved(from, to string) {
	r.t.Helper()
	if err := os.Rename(filepath.Join(r.dir, from), filepath.Join(r.dir, to)); err != nil {
		r.t.Fatal(err)
	}
}

func TestChangesAreSeen(t *testing.T) {
	r := start(t, t.TempDir(), ".")
	r.seen("the start", ".")
	r.write("a.md")
	r.seen("a new file", ".")
	r.write("sub/b.md")
	r.seen("a new folder", ".")
	r.write("sub/b.md")
	r.seen("a change in a new folder", ".")
	if err := os.RemoveAll(filepath.Join(r.dir, "sub")); err != nil {
		t.Fatal(err)
	}
	r.seen("a folder that is gone", ".")
	r.end()
}

func TestPathsThatAreAwayForAMoment(t *testing.T) {
	dir := t.TempDir()
	(&run{t: t, dir: dir}).write("docs/sub/a.md")
	(&run{t: t, dir: dir}).write("one.md")
	r := start(t, dir, "docs", "one.md")
	r.seen("the start", "docs", "one.md")
	r.moved("docs", "x")
	r.seen("a folder that is away", "one.md")
	r.write("one.md")
	r.seen("a change of what is there", "one.md")
	r.moved("one.md", "y")
	r.seen("a file that is away, too")
	r.moved("x", "docs")
	r.seen("a folder that is back", "docs")
	r.write("docs/sub/a.md")
	r.seen("a change in it", "docs")
	r.moved("y", "one.md")
	r.seen("a file that is back", "docs", "one.md")
	r.end()
}

func TestWhatStandsBesideAFile(t *testing.T) {
	dir := t.TempDir()
	(&run{t: t, dir: dir}).write("one.md")
	r := start(t, dir, "one.md")
	r.seen("the start", "one.md")
	r.write("two.md")
	select {
	case <-r.called:
		t.Error("Run told of another file")
	case <-time.After(3 * watch.Quiet):
	}
	r.write("one.md")
	r.seen("a change", "one.md")
	r.end()
}

func TestTheErrorOfACallEndsIt(t *testing.T) {
	want := errors.New("full")
	if err := watch.Run(t.Context(), []string{t.TempDir()}, func(context.Context, []string) error { return want }); !errors.Is(err, want) {
		t.Errorf("Run = %v; want %v", err, want)
	}
	if err := watch.Run(t.Context(), []string{filepath.Join(t.TempDir(), "none")}, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Run = %v of a path that is not there", err)
	}
}
