package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// seal mounts dir at a new directory for reading only, or skips the test where that is
// not allowed.
func seal(t *testing.T, dir string) string {
	t.Helper()
	at := t.TempDir()
	bind(t, dir, at)
	err := syscall.Mount("", at, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, "")
	if errors.Is(err, syscall.EPERM) {
		t.Skipf("mounts for reading only are not allowed here: %v", err)
	}
	must(t, err)
	return at
}

// fillAndStop makes a data file with a graph's worth of chunks, and ends the server as
// asked: killed, it leaves a log.
func fillAndStop(t *testing.T, dir string, kill bool) {
	t.Helper()
	s := serve(t, dir, nil)
	chunks := make([]string, 40)
	for i := range chunks {
		chunks[i] = fmt.Sprintf(`{"embedding":[%d,1],"text":"chunk %d","key":"k%d"}`, i, i, i)
	}
	if status, answer := s.do("POST", "/v1/insert", `{"database_id":"d","chunks":[`+strings.Join(chunks, ",")+`]}`); status != 200 {
		t.Fatalf("insert = %d %s", status, answer)
	}
	if kill {
		s.Kill()
		if info, err := os.Stat(filepath.Join(dir, "memista.db-wal")); err != nil || info.Size() == 0 {
			t.Fatalf("the log of a killed server: %v, %v; want one", info, err)
		}
		return
	}
	s.terminate()
	if code := s.wait(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, s.Log())
	}
}

func TestWhereNothingCanBeWrittenThereIsReading(t *testing.T) {
	for name, kill := range map[string]bool{"after a stop": false, "after a kill": true} {
		t.Run(name, func(t *testing.T) {
			dir, cwd := t.TempDir(), t.TempDir()
			fillAndStop(t, dir, kill)
			env := []string{"DATABASE_PATH=" + filepath.Join(seal(t, dir), "memista.db")}
			s := serve(t, cwd, env)
			if status, answer := s.do("POST", "/v1/search", `{"database_id":"d","embeddings":[[1,0]],"num_results":1}`); status != 200 || !strings.Contains(answer, `"chunk 39"`) {
				t.Errorf("search = %d %s", status, answer)
			}
			if status, answer := s.do("POST", "/v1/databases/d/count", `{}`); status != 200 || !strings.Contains(answer, `{"count":40}`) {
				t.Errorf("count = %d %s", status, answer)
			}
			if status, answer := s.do("GET", "/readyz", ""); status != 200 || !strings.Contains(answer, `"degraded"`) || !strings.Contains(answer, "may not be written") {
				t.Errorf("readyz = %d %s", status, answer)
			}
			for _, write := range [][3]string{
				{"POST", "/v1/insert", oneChunk},
				{"PUT", "/v1/databases/new", `{"dimensions":2}`},
				{"DELETE", "/v1/drop", `{"database_id":"d"}`},
				{"DELETE", "/v1/databases/d/keys/k1", ""},
				{"PATCH", "/v1/databases/d/keys/k1", `{"text":"y"}`},
			} {
				status, answer := s.do(write[0], write[1], write[2])
				if status != 503 || !strings.Contains(answer, `"read_only"`) || !strings.Contains(answer, "may not be written") {
					t.Errorf("%s %s = %d %s; want 503 and the reason", write[0], write[1], status, answer)
				}
			}
			if status, answer := s.do("GET", "/v1/backup", ""); status != 200 || !strings.HasPrefix(answer, "SQLite format 3") {
				t.Errorf("backup over HTTP = %d, %d bytes", status, len(answer))
			}
			if log := s.Log(); !strings.Contains(log, "may not be written") {
				t.Errorf("the log does not say so:\n%s", log)
			}
			// A second one that only reads may run beside it.
			for _, c := range []struct {
				args []string
				code int
				says string
			}{
				{[]string{"count", "d"}, 0, "40"},
				{[]string{"databases"}, 0, "d "},
				{[]string{"verify"}, 0, "nothing is wrong"},
				{[]string{"verify", "--repair"}, 1, "may not be written"},
				{[]string{"backup", "copy.db"}, 0, "bytes"},
				{[]string{"drop", "--yes", "d"}, 1, "may not be written"},
			} {
				code, out, errOut := ends(t, cwd, env, c.args...)
				if code != c.code || !strings.Contains(out+errOut, c.says) {
					t.Errorf("%v: exit code %d, %q, stderr %q; want %d and %q", c.args, code, out, errOut, c.code, c.says)
				}
			}
			if code, out, errOut := ends(t, cwd, []string{"DATABASE_PATH=copy.db"}, "count", "d"); code != 0 || strings.TrimSpace(out) != "40" {
				t.Errorf("count in the backup: exit code %d, %q, stderr %q", code, out, errOut)
			}
			// A writer that comes by another mount would change what is read.
			code, _, errOut := ends(t, cwd, []string{"SERVER_PORT=0", "DATABASE_PATH=" + filepath.Join(dir, "memista.db")})
			if code != 1 || !strings.Contains(errOut, "in use by another memista") {
				t.Errorf("a writer beside it: exit code %d, stderr %q", code, errOut)
			}
			s.terminate()
			if code := s.wait(); code != 0 {
				t.Errorf("exit code %d:\n%s", code, s.Log())
			}
			again := serve(t, dir, nil)
			if status, answer := again.do("POST", "/v1/insert", oneChunk); status != 200 {
				t.Errorf("insert where it may be written = %d %s", status, answer)
			}
		})
	}
}

func TestWhereNoFileCanBeMade(t *testing.T) {
	at := seal(t, t.TempDir())
	code, _, errOut := ends(t, t.TempDir(), []string{"SERVER_PORT=0", "DATABASE_PATH=" + filepath.Join(at, "memista.db")})
	if code != 1 || !strings.Contains(errOut, "none can be made") {
		t.Errorf("exit code %d, stderr %q", code, errOut)
	}
}
