package app_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/domain"
)

// TestOrphansGoAtTheStart leaves index files in the directory as a kill during a drop
// does, beside files that look like them.
func TestOrphansGoAtTheStart(t *testing.T) {
	st := &station{t: t, dir: t.TempDir()}
	m := newModel(t, rand.New(rand.NewPCG(3, 4)), st.start)
	m.grow(300)
	plan(t, m.s, "m", domain.PlanGraph)
	st.stop(m.s)
	ours, err := os.ReadFile(filepath.Join(st.dir, "m.hnsw"))
	if err != nil {
		t.Fatal(err)
	}
	orphans := []string{"a.hnsw", "dropped-1.0.hnsw", "%con.hnsw"}
	others := []string{"con.hnsw", ".hnsw", "b.hnsw.bak", "b.usearch", "c d.hnsw", "M.hnsw", "d.hnsw.old.hnsw.x"}
	for _, name := range append(orphans, others...) {
		write(t, filepath.Join(st.dir, name), ours)
	}
	write(t, filepath.Join(st.dir, "foreign.hnsw"), []byte("the only copy of something else"))
	others = append(others, "foreign.hnsw", "m.hnsw", "memista.db")
	there := func(name string) bool {
		_, err := os.Lstat(filepath.Join(st.dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return err == nil
	}

	st.stop(st.start()) // the directory is shared with others
	for _, name := range append(orphans, others...) {
		if !there(name) {
			t.Errorf("%s is gone from a directory that is not ours alone", name)
		}
	}
	st.alone = true
	m.s = st.start()
	for _, name := range orphans {
		waitFor(t, "the end of "+name, func() bool { return !there(name) })
	}
	m.all()
	if st.opened.restored != 1 {
		t.Errorf("the index file of the database that is there was not used: %s", st.reports())
	}
	st.stop(m.s)
	for _, name := range others {
		if !there(name) {
			t.Errorf("%s is gone", name)
		}
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
