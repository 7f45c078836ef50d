package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a file system of 64 MB in memory, or skips the test.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64m,mode=0700")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skipf("mounts are not allowed here: %v", err)
	}
	must(t, err)
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fillUp writes to a file until the disk is full to the last byte.
func fillUp(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	must(t, err)
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	must(t, f.Close())
}

// chunksOf is an insert of n chunks of 256 components.
func chunksOf(database string, n int) string {
	vector := "[" + strings.Repeat("0.5,", 255) + "1]"
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"embedding":%s,"text":"%d","metadata":{"n":%d}}`, vector, i, i)
	}
	return fmt.Sprintf(`{"database_id":%q,"chunks":[%s]}`, database, strings.Join(list, ","))
}

// The way out of a full disk is to delete, so that must go where nothing else does.
func TestAFullDiskTakesDeletesAndDrops(t *testing.T) {
	dir, cwd := smallDisk(t), t.TempDir()
	s := serve(t, cwd, []string{"DATABASE_PATH=" + filepath.Join(dir, "memista.db")})
	for range 3 {
		for _, db := range []string{"kept", "dropped", "emptied"} {
			if status, answer := s.do("POST", "/v1/insert", chunksOf(db, 1000)); status != 200 {
				t.Fatalf("insert = %d %s", status, answer)
			}
		}
	}
	eventually(t, "the reserve", func() bool {
		info, err := os.Stat(filepath.Join(dir, "memista.db.reserve"))
		return err == nil && info.Size() >= 1<<20
	})
	filler := filepath.Join(dir, "filler")
	fillUp(t, filler)
	full := func() bool {
		status, _ := s.do("POST", "/v1/insert", chunksOf("kept", 1000))
		return status == 507
	}
	eventually(t, "a full disk", func() bool { fillUp(t, filler); return full() })
	for _, c := range [][3]string{
		{"DELETE", "/v1/databases/kept/chunks/1", ""},
		{"POST", "/v1/databases/emptied/delete", `{"filter":{"n":{"$gte":100}}}`},
		{"POST", "/v1/databases/emptied/delete", `{"all":true}`},
		{"DELETE", "/v1/databases/dropped", ""},
	} {
		if status, answer := s.do(c[0], c[1], c[2]); status != 200 {
			t.Errorf("%s %s on a full disk = %d %s", c[0], c[1], status, answer)
		}
		if c[1] == "/v1/databases/kept/chunks/1" && !full() {
			t.Error("an insert took what is kept for deletes")
		}
	}
	// What was freed is enough to go on.
	eventually(t, "an insert after the drop", func() bool {
		status, _ := s.do("POST", "/v1/insert", oneChunk)
		return status == 200
	})
	if status, answer := s.do("POST", "/v1/databases/kept/count", `{}`); status != 200 || !strings.Contains(answer, `{"count":2999}`) {
		t.Errorf("count = %d %s; want 2999", status, answer)
	}
	eventually(t, "a server without problems", func() bool {
		_, answer := s.do("GET", "/readyz", "")
		return strings.Contains(answer, `"status":"ready"`)
	})
	s.terminate()
	if code := s.wait(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, s.Log())
	}
	if _, err := os.Stat(filepath.Join(dir, "memista.db.reserve")); err == nil {
		t.Error("the reserve is left after a stop")
	}
}

// eventually waits until reached is true.
func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(startLimit)
	for !reached() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s has not come about", what)
		}
	}
}
