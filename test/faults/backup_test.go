//go:build unix

package faults_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// TestBackup makes backups of a server under load. Each holds what was acknowledged
// before it began, nothing that was gone by then, and whole batches; a server that it is
// restored to finds all of it.
func TestBackup(t *testing.T) {
	n := rounds(t, 2, 50)
	rng := seeded(t)
	l := newLedger(t, accounts()...)
	dir := t.TempDir()
	s := start(t, launch{dir: dir})
	o := l.on(t.Context(), s)
	var end context.CancelFunc
	o.until, end = context.WithCancel(t.Context())
	defer end()
	reached := l.after(50)
	o.begin(rand.New(rand.NewPCG(rng.Uint64(), 6)))
	select {
	case <-reached:
	case <-time.After(patience):
		l.wrong("no progress under load:\n%s", s.Log())
	}
	for round := range n {
		file := filepath.Join(t.TempDir(), "backup.db")
		from := l.now()
		memista(t, dir, "backup", "--server", s.URL, file)
		to := l.now()
		rows := backedUp(t, file)
		l.mu.Lock()
		for _, d := range l.dbs {
			l.compareBackup(d, rows[d.name], from, to)
		}
		l.mu.Unlock()
		if round%5 == 0 {
			restored(t, file, rows)
		}
		if t.Failed() {
			t.Fatalf("backup %d", round)
		}
		l.forget(patience)
	}
	end()
	o.running.Wait()
	o.verify(rng)
	s.terminate()
	verified(t, dir)
	l.report(n, "backups under load")
}

// memista runs the program to its end.
func memista(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program(t), args...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "DATABASE_PATH=" + filepath.Join(dir, "memista.db")}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("memista %v: %v\n%s", args, err, out)
	}
}

// verified runs memista verify on a copy of the files that a server has left in dir, so
// that the next server meets them as they are.
func verified(t *testing.T, dir string) {
	t.Helper()
	at, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(at) }() // or the end of the test does it
	for _, kind := range []string{"memista.db", "memista.db-wal", "*.hnsw"} {
		files, err := filepath.Glob(filepath.Join(dir, kind))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			writeFile(t, filepath.Join(at, filepath.Base(f)), readFile(t, f))
		}
	}
	memista(t, at, "verify")
}

// backedUp verifies a data file and returns the chunk numbers in it by database. The file
// stays as it is.
func backedUp(t *testing.T, file string) map[string]map[int64]bool {
	t.Helper()
	at := filepath.Join(t.TempDir(), "memista.db")
	writeFile(t, at, readFile(t, file))
	store, err := sqlite.Open(t.Context(), at, nil)
	if err != nil {
		t.Fatalf("open a backup: %v", err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		memista(t, filepath.Dir(at), "verify")
	}()
	dbs, err := store.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[int64]bool{}
	for _, db := range dbs {
		rows := map[int64]bool{}
		chunks, err := store.Chunks(t.Context(), db, domain.Selection{Limit: everything}, domain.DefaultFields|domain.FieldEmbedding)
		if err != nil || int64(len(chunks)) != db.Chunks {
			t.Errorf("backup: %d chunks of %d in %s, %v", len(chunks), db.Chunks, db.ID, err)
		}
		for _, c := range chunks {
			n, ok := numberOf(db.ID, c.Text)
			want := content(db.ID, db.Dims, n)
			if part := differs(want, chunk{Text: c.Text, Metadata: metadata(c.Metadata), Embedding: c.Embedding}); !ok || part != "" {
				t.Errorf("backup: chunk %d of %s is not as it was sent: %s", c.ID, db.ID, part)
			}
			rows[n] = true
		}
		all[db.ID] = rows
	}
	return all
}

// metadata returns stored metadata as it was sent.
func metadata(m domain.Metadata) []byte {
	switch m.Form {
	case domain.StringMetadata:
		return []byte(strconv.Quote(m.Text))
	case domain.ObjectMetadata:
		return []byte(m.Text)
	case domain.NoMetadata:
	}
	return nil
}

// compareBackup checks the rows of a backup that was made between two times; l.mu is
// held.
func (l *ledger) compareBackup(d *account, rows map[int64]bool, from, to int64) {
	l.t.Helper()
	batches := map[*batch]int{}
	for n, e := range d.chunks {
		dropped := false
		for _, p := range d.drops {
			dropped = dropped || p.sent < to && p.mayHave(e)
		}
		steady := !dropped && (e.over == 0 || e.over > to)
		switch {
		case steady && e.acked != 0 && e.acked < from && !rows[n]:
			l.wrong("LOST: %s/%d was acknowledged before the backup and is not in it", d.name, n)
		case rows[n] && d.mustNotBe(e, from):
			l.wrong("BACK: %s/%d was gone before the backup and is in it", d.name, n)
		case rows[n] && e.sent > to:
			l.wrong("EARLY: %s/%d was sent after the backup and is in it", d.name, n)
		}
		if !steady {
			batches[e.batch] = -len(e.batch.entries) // nothing can be said of it
		} else if rows[n] {
			batches[e.batch]++
		}
	}
	for b, n := range batches {
		if n > 0 && n != len(b.entries) {
			l.wrong("TORN: %d of %d chunks of a batch for %s are in the backup", n, len(b.entries), d.name)
		}
	}
	for n := range rows {
		if d.chunks[n] == nil {
			l.wrong("FOREIGN: %s/%d is in the backup and in no ledger", d.name, n)
		}
	}
}

// restored checks that a server finds all that a backup has.
func restored(t *testing.T, file string, rows map[string]map[int64]bool) {
	t.Helper()
	dir := t.TempDir()
	memista(t, dir, "restore", file)
	verified(t, dir)
	s := start(t, launch{dir: dir})
	for name, want := range rows {
		if len(want) == 0 {
			continue
		}
		var info struct{ Dimensions int }
		err := s.call(t.Context(), "GET", "/v1/databases/"+name, nil, &info)
		var out [][]chunk
		in := map[string]any{"database_id": name, "embeddings": [][]float32{content(name, info.Dimensions, 1).Embedding}, "num_results": everything, "exact": true}
		if err := errors.Join(err, s.call(t.Context(), "POST", "/v1/search", in, &out)); err != nil {
			t.Errorf("restored %s: %v", name, err)
			continue
		}
		found := 0
		for _, h := range out[0] {
			if n, _ := numberOf(name, h.Text); want[n] {
				found++
			}
		}
		if found != len(want) || len(out[0]) != found {
			t.Errorf("restored %s: %d of %d rows found, %d hits", name, found, len(want), len(out[0]))
		}
	}
	s.terminate()
}
