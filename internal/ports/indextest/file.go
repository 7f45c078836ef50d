package indextest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var fileRules = []rule{
	{name: "an index comes back from its file as it was", run: roundTrip, files: true},
	{name: "an empty index comes back from its file", run: emptyRoundTrip, files: true, once: true},
	{name: "a file replaces the older one and leaves no other behind", run: saveReplaces, files: true, once: true},
	{name: "a failed save leaves everything as it was", run: failedSave, files: true, once: true},
	{name: "a file that is not ours is never overwritten or opened", run: foreignFile, files: true, once: true},
	{name: "remove takes away our file and no other", run: removeFile, files: true, once: true},
	{name: "searches go on while an index is saved", run: searchBesideSave, files: true, once: true},
}

var life = domain.Incarnation{1, 2, 3, 15: 9}

// snapshot is a state which lacks some chunks if its number is odd.
func snapshot(sequence int64) ports.Snapshot {
	snap := ports.Snapshot{Incarnation: life, Sequence: sequence, Hash: domain.Hash{byte(sequence), 15: 3}}
	if sequence%2 == 1 {
		snap.Missing = []int64{2, 5000 + sequence, 1 << 61}
	}
	return snap
}

func (s *suite) save(ix ports.VectorIndex, path string, snap ports.Snapshot) {
	s.Helper()
	saver, ok := ix.(ports.Saver)
	if !ok {
		s.Fatalf("%T is no ports.Saver, which Config.Files promises", ix)
	}
	if err := saver.Save(context.Background(), path, snap); err != nil {
		s.Fatalf("Save: %v", err)
	}
}

// openFile opens the index in the file at path, which must hold snap.
func (s *suite) openFile(path string, dims int, snap ports.Snapshot) ports.VectorIndex {
	s.Helper()
	ix, got, err := s.cfg.Engine.(ports.FileEngine).Open(path, s.settings(dims), snap.Incarnation)
	if err != nil {
		s.Fatalf("Open: %v", err)
	}
	s.Cleanup(func() { s.close(ix) })
	if !cmp.Equal(got, snap) {
		s.Errorf("Open tells snapshot %+v; want %+v", got, snap)
	}
	return ix
}

// path returns a file name in a fresh directory.
func (s *suite) path() string {
	return filepath.Join(s.TempDir(), "my.db."+s.cfg.Engine.(ports.FileEngine).Extension())
}

// checkAlone reports files beside the one at path, or its absence.
func (s *suite) checkAlone(path string) {
	s.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		s.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		s.Errorf("the directory holds %v; want %s only", entries, filepath.Base(path))
	}
}

func roundTrip(s *suite) {
	const n = 900
	vs := Clustered(s.seed, n+60, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	s.remove(ix, m, 3, 33, 333, 1)
	s.add(ix, m, []int64{5, 1 << 60}, vs[n:n+2])
	path := s.path()
	s.save(ix, path, snapshot(42))
	s.checkAlone(path)
	back := s.openFile(path, smallDims, snapshot(42))
	for _, q := range vs[n:] {
		for _, query := range []ports.Query{{Vector: q, K: k10}, {Vector: q, K: n + 10}, {Vector: q, K: 5, Allow: every(n, 50, 3)}} {
			s.ask(back, m, query)
			if a, b := s.search(ix, query), s.search(back, query); !slices.Equal(a, b) {
				s.Fatalf("from the file Search(k=%d) = %v…; want %v…", query.K, b[:min(3, len(b))], a[:min(3, len(a))])
			}
		}
	}
	if a, b := ix.Stats(), back.Stats(); a.Len != b.Len || a.Kind != b.Kind || a.Engine != b.Engine {
		s.Errorf("from the file Stats = %+v; want the Len, Kind and Engine of %+v", b, a)
	}
	s.audit(back)
	// It is an index like any other.
	s.add(back, m, []int64{3, 9, 1<<60 + 1}, vs[n+10:n+13])
	s.remove(back, m, 10, 11, 12, 1<<60)
	for _, q := range vs[n : n+10] {
		s.ask(back, m, ports.Query{Vector: q, K: n + 10})
	}
	s.save(back, path, snapshot(43)) // over the file that it may have mapped
	s.ask(back, m, ports.Query{Vector: vs[n], K: n + 10})
	again := s.openFile(path, smallDims, snapshot(43))
	s.ask(again, m, ports.Query{Vector: vs[n], K: n + 10})
	s.ask(again, m, ports.Query{Vector: vs[n], K: k10, Exact: true})
}

func emptyRoundTrip(s *suite) {
	vs := Clustered(s.seed, 3, smallDims)
	ix, m := s.filled([]int64{1, 2}, vs[:2])
	path := s.path()
	s.save(s.open(smallDims), path, snapshot(0))
	s.ask(s.openFile(path, smallDims, snapshot(0)), newModel(s.metric), ports.Query{Vector: vs[2], K: 3})
	s.remove(ix, m, 1, 2)
	s.save(ix, path, snapshot(4))
	back := s.openFile(path, smallDims, snapshot(4))
	s.ask(back, m, ports.Query{Vector: vs[2], K: 3})
	s.add(back, m, []int64{2, 7}, vs[1:])
	s.ask(back, m, ports.Query{Vector: vs[2], K: 3})
}

func saveReplaces(s *suite) {
	vs := Clustered(s.seed, 400, smallDims)
	path := s.path()
	for i, n := range []int{300, 400, 20} {
		ix, m := s.filled(idsTo(n), vs[:n])
		s.save(ix, path, snapshot(int64(i)))
		s.checkAlone(path)
		s.ask(s.openFile(path, smallDims, snapshot(int64(i))), m, ports.Query{Vector: vs[0], K: 500})
	}
}

func failedSave(s *suite) {
	vs := Clustered(s.seed, 300, smallDims)
	ix, m := s.filled(idsTo(300), vs)
	path := s.path()
	s.save(ix, path, snapshot(1))
	before, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	s.add(ix, m, []int64{1}, vs[5:6])
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := ix.(ports.Saver).Save(ctx, path, snapshot(2)); !errors.Is(err, context.Canceled) {
		s.Errorf("Save with a cancelled context: %v; want %v", err, context.Canceled)
	}
	s.checkAlone(path)
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		s.Errorf("a failed save changed the file (%v)", err)
	}
	missing := filepath.Join(filepath.Dir(path), "missing", "x")
	if err := ix.(ports.Saver).Save(context.Background(), missing, snapshot(2)); err == nil {
		s.Errorf("Save into a directory that does not exist: no error")
	}
	directory := s.TempDir()
	if err := ix.(ports.Saver).Save(context.Background(), directory, snapshot(2)); err == nil {
		s.Errorf("Save over a directory: no error")
	}
	s.ask(ix, m, ports.Query{Vector: vs[0], K: 400})
}

func foreignFile(s *suite) {
	vs := Clustered(s.seed, 100, smallDims)
	ix, m := s.filled(idsTo(100), vs)
	for name, content := range map[string][]byte{
		"short":  []byte("x"),
		"text":   bytes.Repeat([]byte("the only copy of somebody's vectors\n"), 400),
		"zeros":  make([]byte, 9000),
		"sqlite": append([]byte("SQLite format 3\x00"), make([]byte, 8000)...),
	} {
		path := s.path()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			s.Fatal(err)
		}
		if err := ix.(ports.Saver).Save(context.Background(), path, snapshot(1)); !errors.Is(err, domain.ErrForeignFile) {
			s.Errorf("Save over a foreign file (%s): %v; want %v", name, err, domain.ErrForeignFile)
		}
		if _, _, err := s.cfg.Engine.(ports.FileEngine).Open(path, s.settings(smallDims), life); !errors.Is(err, domain.ErrForeignFile) {
			s.Errorf("Open of a foreign file (%s): %v; want %v", name, err, domain.ErrForeignFile)
		}
		s.checkAlone(path)
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(content, after) {
			s.Errorf("the foreign file (%s) was changed (%v)", name, err)
		}
	}
	s.ask(ix, m, ports.Query{Vector: vs[0], K: 10})
}

func removeFile(s *suite) {
	vs := Clustered(s.seed, 50, smallDims)
	ix, m := s.filled(idsTo(50), vs)
	e, path := s.cfg.Engine.(ports.FileEngine), s.path()
	if err := e.Remove(path); err != nil {
		s.Errorf("Remove of no file: %v", err)
	}
	s.save(ix, path, snapshot(1))
	back := s.openFile(path, smallDims, snapshot(1))
	if err := e.Remove(path); err != nil {
		s.Errorf("Remove: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		s.Errorf("after Remove the file is there (%v)", err)
	}
	s.ask(back, m, ports.Query{Vector: vs[0], K: 60})
	content := []byte("the only copy of somebody's vectors")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		s.Fatal(err)
	}
	if err := e.Remove(path); !errors.Is(err, domain.ErrForeignFile) {
		s.Errorf("Remove of a foreign file: %v; want %v", err, domain.ErrForeignFile)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(content, after) {
		s.Errorf("Remove changed a foreign file (%v)", err)
	}
}

func searchBesideSave(s *suite) {
	const n = 1000
	vs := Clustered(s.seed, n+1, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	path := s.path()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				q := ports.Query{Vector: vs[n], K: k10}
				hits, _, err := ix.Search(context.Background(), q)
				if err != nil {
					s.Errorf("Search beside Save: %v", err)
					return
				}
				s.checkValid(m, q, hits)
			}
		})
	}
	saver, ok := ix.(ports.Saver)
	for i := range 5 {
		if !ok {
			s.Errorf("%T is no ports.Saver", ix)
			break
		}
		if err := saver.Save(context.Background(), path, snapshot(int64(i))); err != nil {
			s.Errorf("Save: %v", err)
		}
	}
	close(stop)
	wg.Wait()
	if ok {
		s.ask(s.openFile(path, smallDims, snapshot(4)), m, ports.Query{Vector: vs[n], K: n})
	}
}
