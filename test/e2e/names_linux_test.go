package e2e_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// bind mounts from at to, or skips the test where that is not allowed.
func bind(t *testing.T, from, to string) {
	t.Helper()
	err := syscall.Mount(from, to, "", syscall.MS_BIND, "")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skipf("mounts are not allowed here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(to, syscall.MNT_DETACH) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// oneChunk is an insert of one chunk.
const oneChunk = `{"database_id":"d","chunks":[{"embedding":[1,0],"text":"x"}]}`

// Two servers on one file each search without what the other has stored, so the second is
// refused, however it names the file.
func TestOneServerHoldsAFileByAllItsNames(t *testing.T) {
	for name, c := range map[string]struct {
		before func(t *testing.T, dir string) // the first server starts
		first  string
		after  func(t *testing.T, dir string)
		second string
	}{
		"a link": {first: "real/r.db", second: "link.db",
			after: func(t *testing.T, dir string) { must(t, os.Symlink("real/r.db", filepath.Join(dir, "link.db"))) }},
		"a link to a file that is not there yet": {first: "link.db", second: "real/r.db",
			before: func(t *testing.T, dir string) { must(t, os.Symlink("real/r.db", filepath.Join(dir, "link.db"))) }},
		"a link to a link": {first: "one.db", second: "two.db",
			before: func(t *testing.T, dir string) {
				must(t, os.Symlink("real/r.db", filepath.Join(dir, "one.db")))
				must(t, os.Symlink(filepath.Join(dir, "one.db"), filepath.Join(dir, "two.db")))
			}},
		"a link to the directory": {first: "real/r.db", second: "folder/r.db",
			after: func(t *testing.T, dir string) { must(t, os.Symlink("real", filepath.Join(dir, "folder"))) }},
		"dots": {first: "real/r.db", second: "real/../real/./r.db"},
		"dots behind a link": {first: "real/r.db", second: "deep/../r.db",
			after: func(t *testing.T, dir string) {
				must(t, os.Mkdir(filepath.Join(dir, "real", "deeper"), 0o700))
				must(t, os.Symlink("real/deeper", filepath.Join(dir, "deep")))
			}},
		"a hard link": {first: "real/r.db", second: "hard.db",
			after: func(t *testing.T, dir string) {
				must(t, os.Link(filepath.Join(dir, "real/r.db"), filepath.Join(dir, "hard.db")))
			}},
		"another name while it is served": {first: "real/r.db", second: "moved.db",
			after: func(t *testing.T, dir string) {
				must(t, os.Rename(filepath.Join(dir, "real/r.db"), filepath.Join(dir, "moved.db")))
			}},
		"a mounted directory": {first: "real/r.db", second: "mounted/r.db",
			after: func(t *testing.T, dir string) {
				must(t, os.Mkdir(filepath.Join(dir, "mounted"), 0o700))
				bind(t, filepath.Join(dir, "real"), filepath.Join(dir, "mounted"))
			}},
		"a mounted file": {first: "real/r.db", second: "mounted.db",
			after: func(t *testing.T, dir string) {
				must(t, os.WriteFile(filepath.Join(dir, "mounted.db"), nil, 0o600))
				bind(t, filepath.Join(dir, "real/r.db"), filepath.Join(dir, "mounted.db"))
			}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.Mkdir(filepath.Join(dir, "real"), 0o700))
			if c.before != nil {
				c.before(t, dir)
			}
			s := serve(t, dir, []string{"DATABASE_PATH=" + c.first})
			s.want("POST", "/v1/insert", oneChunk, 200, `{"inserted_ids":[1]}`)
			if c.after != nil {
				c.after(t, dir)
			}
			code, _, errOut := ends(t, dir, []string{"SERVER_PORT=0", "DATABASE_PATH=" + c.second})
			if code != 1 || !strings.Contains(errOut, "is in use by another memista") {
				t.Errorf("a second server: exit code %d, stderr %q", code, errOut)
			}
			code, _, errOut = ends(t, dir, []string{"DATABASE_PATH=" + c.second}, "databases")
			if code != 1 || !strings.Contains(errOut, "is in use by another memista") {
				t.Errorf("a command: exit code %d, stderr %q", code, errOut)
			}
		})
	}
}

func TestALinkToNothingMakesAWholeDataFile(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "real"), 0o700))
	must(t, os.Symlink("real/r.db", filepath.Join(dir, "link.db")))
	s := serve(t, dir, []string{"DATABASE_PATH=link.db"})
	s.want("POST", "/v1/insert", oneChunk, 200, `{"inserted_ids":[1]}`)
	for _, name := range []string{"r.db", "r.db-wal", "r.db.lock"} {
		info, err := os.Stat(filepath.Join(dir, "real", name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("real/%s: %v, %v; want mode 0600", name, info, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "link.db.lock")); err == nil {
		t.Error("a lock was made beside the link")
	}
	must(t, os.Symlink("away/r.db", filepath.Join(dir, "lost.db")))
	code, _, errOut := ends(t, dir, []string{"SERVER_PORT=0", "DATABASE_PATH=lost.db"})
	if code != 1 || !strings.Contains(errOut, "whose directory is not there") {
		t.Errorf("a link into a directory that is not there: exit code %d, stderr %q", code, errOut)
	}
}

// What is stored in the old file would be missed after a restart.
func TestALinkThatIsPointedElsewhereTakesNoWrites(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir, []string{"DATABASE_PATH=one.db"}).Kill()
	link := filepath.Join(dir, "link.db")
	must(t, os.Symlink("one.db", link))
	s := serve(t, dir, []string{"DATABASE_PATH=link.db"})
	s.want("POST", "/v1/insert", oneChunk, 200, `{"inserted_ids":[1]}`)
	must(t, os.Remove(link))
	must(t, os.Symlink("two.db", link))
	if status, answer := s.do("POST", "/v1/insert", oneChunk); status != 503 || !strings.Contains(answer, "was moved, replaced or deleted") {
		t.Errorf("insert = %d %s; want 503", status, answer)
	}
	must(t, os.Remove(link))
	must(t, os.Symlink("one.db", link))
	s.want("POST", "/v1/insert", oneChunk, 200, `{"inserted_ids":[2]}`)
}

// The log lies beside the name that was used last, so other names would miss it.
func TestFilesWithSeveralNamesAreRefused(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir, []string{"DATABASE_PATH=r.db"})
	s.want("POST", "/v1/insert", oneChunk, 200, `{"inserted_ids":[1]}`)
	s.Kill() // so that there is a log
	must(t, os.Link(filepath.Join(dir, "r.db"), filepath.Join(dir, "hard.db")))
	for _, name := range []string{"hard.db", "r.db"} {
		code, _, errOut := ends(t, dir, []string{"SERVER_PORT=0", "DATABASE_PATH=" + name})
		if code != 1 || !strings.Contains(errOut, "has 2 names") {
			t.Errorf("%s: exit code %d, stderr %q", name, code, errOut)
		}
	}
	must(t, os.Remove(filepath.Join(dir, "hard.db")))
	must(t, os.WriteFile(filepath.Join(dir, "mounted.db"), nil, 0o600))
	t.Run("a mounted file", func(t *testing.T) {
		bind(t, filepath.Join(dir, "r.db"), filepath.Join(dir, "mounted.db"))
		code, _, errOut := ends(t, dir, []string{"SERVER_PORT=0", "DATABASE_PATH=mounted.db"})
		if code != 1 || !strings.Contains(errOut, "mount its directory instead") {
			t.Errorf("exit code %d, stderr %q", code, errOut)
		}
	})
	s = serve(t, dir, []string{"DATABASE_PATH=r.db"})
	s.want("POST", "/v1/insert", oneChunk, 200, `{"inserted_ids":[2]}`)
}

func TestRestoreAndBackupThroughLinks(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "real"), 0o700))
	link := filepath.Join(dir, "link.db")
	must(t, os.Symlink("real/r.db", link))
	env := []string{"DATABASE_PATH=link.db"}
	s := serve(t, dir, env)
	s.want("POST", "/v1/insert", oneChunk, 200, `{"inserted_ids":[1]}`)
	must(t, os.Link(filepath.Join(dir, "real/r.db"), filepath.Join(dir, "hard.db")))
	for _, from := range []string{"link.db", "real/../hard.db"} {
		code, _, errOut := ends(t, dir, []string{"DATABASE_PATH=new.db"}, "restore", from)
		if code != 1 || !strings.Contains(errOut, "is in use by memista: make a copy") {
			t.Errorf("restore from %s, which is served: exit code %d, stderr %q", from, code, errOut)
		}
	}
	must(t, os.Remove(filepath.Join(dir, "hard.db")))
	s.Kill()
	// The log lies beside the file, not beside the link.
	must(t, os.Symlink("real", filepath.Join(dir, "folder")))
	if code, out, errOut := ends(t, dir, []string{"DATABASE_PATH=copy.db"}, "restore", "link.db"); code != 0 || !strings.Contains(out, "1 databases with 1 chunks") {
		t.Errorf("restore from a link: exit code %d, %q, stderr %q", code, out, errOut)
	}
	if code, _, errOut := ends(t, dir, env, "backup", "folder/b.db"); code != 0 {
		t.Errorf("backup through a link: exit code %d, stderr %q", code, errOut)
	}
	must(t, os.Symlink("nothing.db", filepath.Join(dir, "taken.db")))
	if code, _, errOut := ends(t, dir, env, "backup", "taken.db"); code != 1 || !strings.Contains(errOut, "exists already") {
		t.Errorf("backup to a link: exit code %d, stderr %q", code, errOut)
	}
	if code, _, errOut := ends(t, dir, env, "restore", "--force", "real/b.db"); code != 0 {
		t.Errorf("restore through a link: exit code %d, stderr %q", code, errOut)
	}
	if target, err := os.Readlink(link); err != nil || target != "real/r.db" {
		t.Errorf("after the restore the link leads to %q, %v", target, err)
	}
	must(t, os.Symlink("real/late.db", filepath.Join(dir, "late.db")))
	if code, _, errOut := ends(t, dir, []string{"DATABASE_PATH=late.db"}, "restore", "real/b.db"); code != 0 {
		t.Errorf("restore through a link to nothing: exit code %d, stderr %q", code, errOut)
	}
	if info, err := os.Lstat(filepath.Join(dir, "real/late.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the restored file: %v, %v", info, err)
	}
}
