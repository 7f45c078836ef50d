package main

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista"
	"github.com/memista/memista/server"
)

// onBoth runs a test on a data file and on a server.
func onBoth(t *testing.T, test func(t *testing.T, s *shell, where []string)) {
	t.Helper()
	t.Run("data file", func(t *testing.T) { test(t, newShell(t), nil) })
	t.Run("server", func(t *testing.T) {
		db, err := memista.Open("", nil)
		if err != nil {
			t.Fatal(err)
		}
		web := httptest.NewServer(server.New(db, nil))
		t.Cleanup(func() {
			web.Close()
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		test(t, newShell(t), []string{"--server", web.URL})
	})
}

func TestChunkCommands(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shell, where []string) {
		ok := func(want string, args ...string) {
			t.Helper()
			if out := s.ok(append(args, where...)...); out != want {
				t.Errorf("memista %s printed %q; want %q", strings.Join(args, " "), out, want)
			}
		}
		fails := func(code int, want string, args ...string) {
			t.Helper()
			s.fails(code, want, append(args, where...)...)
		}
		ok("1\n", "insert", "d", "--text", "one", "--key", "a/b", "--metadata", `{"n": 1}`, "0.5", "2")
		s.in = `{"embedding":[1,2],"text":"two","metadata":"m"}` + "\n\n" + `{"embedding":[3,4],"key":"..","text":"three"}` + "\n"
		ok("2\n3\n", "insert", "d")
		s.in = `{"embedding":[9,9],"key":"a/b"}` + "\n" + `{"embedding":[5,6],"key":"new"}` + "\n"
		fails(exitFailed, "key 'a/b' exists already", "insert", "d", "--on-conflict", "error")
		ok("1\n4\n", "insert", "d", "--on-conflict", "skip")
		const one = `{"chunk_id":1,"key":"a/b","text":"one","metadata":{"n":1},"embedding":[0.5,2]}` + "\n"
		ok(one+`{"chunk_id":2,"text":"two","metadata":"m","embedding":[1,2]}`+"\n", "get", "d", "1", "2", "--embedding")
		ok(`{"chunk_id":3,"key":"..","text":"three","metadata":null}`+"\n", "get", "d", "--key", "..")
		ok(`{"chunk_id":1,"key":"a/b","text":"uno","metadata":{"m":2}}`+"\n", "patch", "d", "--key", "a/b", "--text", "uno", "--metadata", `{"m":2,"n":null}`)
		ok(`{"chunk_id":1,"key":"a/b","text":"uno","metadata":null}`+"\n", "patch", "d", "1", "--metadata", "null", "--embedding", "[-7, 8]")
		ok(`{"chunk_id":1,"key":"a/b","text":"uno","metadata":null,"embedding":[-7,8]}`+"\n", "get", "d", "1", "--embedding")
		ok("2 deleted\n", "delete", "d", "2", "3")
		ok("1 deleted\n", "delete", "d", "--key", "a/b")
		fails(exitFailed, "Chunk 2 not found", "get", "d", "2")
		fails(exitFailed, `Chunk with key "a/b" not found`, "delete", "d", "--key", "a/b")
		fails(exitFailed, "Chunk 3 not found", "patch", "d", "3", "--text", "x")
		fails(exitFailed, "Database 'none' not found", "get", "none", "1")
		fails(exitFailed, "Embedding dimension mismatch: expected 2, got 1", "insert", "d", "1")
		code, out, errOut := s.run(append([]string{"delete", "d", "2", "4"}, where...)...)
		if code != exitFailed || out != "1 deleted\n" || !strings.Contains(errOut, "Chunk 2 not found") {
			t.Errorf("delete of one that is there and one that is not = %d, %q, %q", code, out, errOut)
		}
	})
}

func TestChunksThatExpire(t *testing.T) {
	onBoth(t, func(t *testing.T, s *shell, where []string) {
		expires := func(args ...string) time.Duration {
			t.Helper()
			var c struct {
				At time.Time `json:"expires_at"`
			}
			out := s.ok(append(args, where...)...)
			if err := json.Unmarshal([]byte(out), &c); err != nil {
				t.Fatalf("memista %s printed %q: %v", strings.Join(args, " "), out, err)
			}
			if c.At.IsZero() {
				return 0
			}
			return time.Until(c.At)
		}
		s.ok(append([]string{"insert", "d", "--ttl", "2h", "1", "2"}, where...)...)
		if left := expires("get", "d", "1"); left < time.Hour || left > 2*time.Hour {
			t.Errorf("after insert --ttl 2h the chunk expires in %v", left)
		}
		if left := expires("patch", "d", "1", "--ttl", "4h"); left < 3*time.Hour || left > 4*time.Hour {
			t.Errorf("after patch --ttl 4h the chunk expires in %v", left)
		}
		if left := expires("patch", "d", "1", "--ttl", "0"); left != 0 {
			t.Errorf("after patch --ttl 0 the chunk expires in %v; want never", left)
		}
	})
}

func TestChunkCommandLinesThatMakeNoSense(t *testing.T) {
	s := newShell(t)
	s.fails(exitUsage, "give either ids or --key", "get", "d")
	s.fails(exitUsage, "give either ids or --key", "delete", "d", "1", "--key", "k")
	s.fails(exitUsage, `"x" is not the id of a chunk`, "get", "d", "x")
	s.fails(exitUsage, "--key cannot be empty", "get", "d", "--key", "")
	s.fails(exitUsage, "name one chunk, not 2", "patch", "d", "--key", "a", "--key", "b", "--text", "x")
	s.fails(exitUsage, "give --text, --metadata, --embedding or --ttl", "patch", "d", "1")
	s.fails(exitUsage, "--ttl must be a whole number of seconds", "patch", "d", "1", "--ttl", "1500ms")
	s.fails(exitUsage, "--ttl must be a whole number of seconds", "insert", "d", "1", "--ttl", "0s")
	s.fails(exitUsage, "--metadata must be", "patch", "d", "1", "--metadata", "[1]")
	s.fails(exitUsage, `"one" is not a number`, "patch", "d", "1", "--embedding", "one")
	s.fails(exitUsage, "--on-conflict must be", "insert", "d", "1", "--on-conflict", "ignore")
	s.fails(exitUsage, "there are no chunks in the standard input", "insert", "d")
	s.fails(exitUsage, "--text needs a vector", "insert", "d", "--text", "x")
	s.fails(exitUsage, "database_id may contain only", "insert", "a/b", "1")
	s.in = `{"embedding":[1]}` + "\n" + `{"embedding":[]}` + "\n"
	s.fails(exitFailed, "line 2: embedding is missing or empty", "insert", "d")
	s.fails(exitFailed, "there is no data file", "get", "d", "1")
}
