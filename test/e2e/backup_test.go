//go:build unix

package e2e_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	_ "github.com/memista/memista/internal/adapters/sqlite" // registers the driver of this build
)

// backupCycles is how often a server is backed up under load; MEMISTA_BACKUP_CYCLES says
// another number.
func backupCycles(t *testing.T) int {
	t.Helper()
	text := os.Getenv("MEMISTA_BACKUP_CYCLES")
	if text == "" {
		return 3
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("MEMISTA_BACKUP_CYCLES is %q; want a number", text)
	}
	return n
}

// noted returns a copy of what was acknowledged so far.
func (j *journal) noted() map[int64]chunk {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make(map[int64]chunk, len(j.chunks))
	for id, c := range j.chunks {
		out[id] = c
	}
	return out
}

// TestBackupsUnderLoad backs a server up while clients insert, restores each backup, has
// it verified, and compares every chunk that was acknowledged before with what a server
// gives back of it.
func TestBackupsUnderLoad(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	s := serve(t, t.TempDir(), nil)
	j := journal{chunks: map[int64]chunk{}}
	var clients sync.WaitGroup
	for range 4 {
		own := rand.New(rand.NewPCG(rng.Uint64(), 0))
		clients.Go(func() { j.insertUntilKilled(t, s.URL, own) })
	}
	cycles, compared := backupCycles(t), 0
	for cycle := range cycles {
		j.waitFor(t, j.acknowledged()+50+rng.IntN(200))
		before := j.noted()
		dir := t.TempDir()
		if code, out, errOut := ends(t, dir, nil, "backup", "copy.db", "--server", s.URL); code != 0 {
			t.Fatalf("backup: exit code %d, %q, stderr %q", code, out, errOut)
		}
		if code, out, errOut := ends(t, dir, nil, "restore", "copy.db"); code != 0 || !strings.Contains(out, "1 databases with") {
			t.Fatalf("restore: exit code %d, %q, stderr %q", code, out, errOut)
		}
		if code, out, errOut := ends(t, dir, nil, "verify"); code != 0 || !strings.Contains(out, "nothing is wrong") {
			t.Errorf("cycle %d: verify: exit code %d, %q, stderr %q", cycle, code, out, errOut)
		}
		compareBackup(t, dir, before)
		compared += len(before)
	}
	s.Kill()
	clients.Wait()
	t.Logf("%d backups, %d acknowledged chunks compared, all there", cycles, compared)
}

// compareBackup serves the data file in dir and looks for every chunk of before in it.
func compareBackup(t *testing.T, dir string, before map[int64]chunk) {
	t.Helper()
	s := serve(t, dir, nil)
	defer s.Kill()
	for id, want := range before {
		status, answer := s.do("GET", fmt.Sprintf("/v1/databases/d/chunks/%d?include=text,metadata,embedding", id), "")
		var got chunk
		if err := json.Unmarshal([]byte(answer), &got); err != nil || status != http.StatusOK {
			t.Fatalf("chunk %d, acknowledged before the backup: %d %s", id, status, answer)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("chunk %d (-sent +got):\n%s", id, diff)
		}
	}
	if status, answer := s.do("POST", "/v1/search", `{"database_id":"d","embeddings":[[1,0,0,0,0,0,0,0]],"num_results":3,"exact":true}`); status != 200 || strings.Count(answer, `"chunk_id"`) != 3 {
		t.Errorf("search = %d %s; want three hits", status, answer)
	}
}

// TestACopyOfTheFileAndItsLog does what tools that ship the log do, Litestream among
// them: the file first, then the log, while a server writes. Nothing is moved from the log
// into the file meanwhile, because a reader holds it, as such tools do.
func TestACopyOfTheFileAndItsLog(t *testing.T) {
	dir := t.TempDir()
	j, kill := insertInto(t, dir)
	j.waitFor(t, 200)
	release := holdLog(t, filepath.Join(dir, "memista.db"))
	before := j.noted()
	j.waitFor(t, len(before)+200)
	before = j.noted()
	copies := t.TempDir()
	for _, end := range []string{"", "-wal"} {
		raw, err := os.ReadFile(filepath.Join(dir, "memista.db"+end))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(copies, "memista.db"+end), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	release()
	kill()
	if code, out, errOut := ends(t, copies, nil, "verify"); code != 0 || !strings.Contains(out, "nothing is wrong") {
		t.Errorf("verify: exit code %d, %q, stderr %q", code, out, errOut)
	}
	compareBackup(t, copies, before)
	t.Logf("%d acknowledged chunks compared, all there", len(before))
}

// insertInto starts a server in dir and two clients that insert until it is killed.
func insertInto(t *testing.T, dir string) (j *journal, kill func()) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	s := serve(t, dir, nil)
	j = &journal{chunks: map[int64]chunk{}}
	var clients sync.WaitGroup
	for i := range 2 {
		own := rand.New(rand.NewPCG(seed, uint64(i)))
		clients.Go(func() { j.insertUntilKilled(t, s.URL, own) })
	}
	return j, func() {
		s.Kill()
		clients.Wait()
	}
}

// holdLog begins to read the data file as another program, so that its log stays as it is
// and only grows, until release is called.
func holdLog(t *testing.T, path string) (release func()) {
	t.Helper()
	db := openSQLite(t, "file:"+path+"?mode=ro")
	rows, err := db.QueryContext(t.Context(), "SELECT id FROM databases UNION ALL SELECT 'more'")
	if err != nil || !rows.Next() {
		t.Fatal(err, rows.Err())
	}
	return func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// openSQLite opens a data file as another program.
func openSQLite(t *testing.T, uri string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if slices.Contains(sql.Drivers(), "sqlite3") {
		driver = "sqlite3"
	}
	db, err := sql.Open(driver, uri)
	if err != nil {
		t.Fatal(err)
	}
	return db
}
