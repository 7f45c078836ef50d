package chunks_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestChunkCommands(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		ok := func(want string, args ...string) {
			t.Helper()
			if out := s.OK(append(args, where...)...); out != want {
				t.Errorf("memista %s printed %q; want %q", strings.Join(args, " "), out, want)
			}
		}
		fails := func(code int, want string, args ...string) {
			t.Helper()
			s.Fails(code, want, append(args, where...)...)
		}
		ok("1\n", "insert", "d", "--text", "one", "--key", "a/b", "--metadata", `{"n": 1}`, "0.5", "2")
		s.In = `{"embedding":[1,2],"text":"two","metadata":"m"}` + "\n\n" + `{"embedding":[3,4],"key":"..","text":"three"}` + "\n"
		ok("2\n3\n", "insert", "d")
		s.In = `{"embedding":[9,9],"key":"a/b"}` + "\n" + `{"embedding":[5,6],"key":"new"}` + "\n"
		fails(cli.Failed, "key 'a/b' exists already", "insert", "d", "--on-conflict", "error")
		ok("1\n4\n", "insert", "d", "--on-conflict", "skip")
		const one = `{"chunk_id":1,"key":"a/b","text":"one","metadata":{"n":1},"embedding":[0.5,2]}` + "\n"
		ok(one+`{"chunk_id":2,"text":"two","metadata":"m","embedding":[1,2]}`+"\n", "get", "d", "1", "2", "--embedding")
		ok(`{"chunk_id":3,"key":"..","text":"three","metadata":null}`+"\n", "get", "d", "--key", "..")
		ok(`{"chunk_id":1,"key":"a/b","text":"uno","metadata":{"m":2}}`+"\n", "patch", "d", "--key", "a/b", "--text", "uno", "--metadata", `{"m":2,"n":null}`)
		ok("1  2\n", "values", "d", "m")
		ok("1 changed\n", "patch", "d", "--filter", `{"m":2}`, "--metadata", `{"m":3}`)
		ok("0 changed\n", "patch", "d", "--filter", `{"m":2}`, "--metadata", `{"m":3}`)
		ok(`{"chunk_id":1,"key":"a/b","text":"uno","metadata":null}`+"\n", "patch", "d", "1", "--metadata", "null", "--embedding", "[-7, 8]")
		ok(`{"chunk_id":1,"key":"a/b","text":"uno","metadata":null,"embedding":[-7,8]}`+"\n", "get", "d", "1", "--embedding")
		ok("2 deleted\n", "delete", "d", "2", "3")
		ok("1 deleted\n", "delete", "d", "--key", "a/b")
		fails(cli.Failed, "Chunk 2 not found", "get", "d", "2")
		fails(cli.Failed, `Chunk with key "a/b" not found`, "delete", "d", "--key", "a/b")
		fails(cli.Failed, "Chunk 3 not found", "patch", "d", "3", "--text", "x")
		fails(cli.Failed, "Database 'none' not found", "get", "none", "1")
		fails(cli.Failed, "Embedding dimension mismatch: expected 2, got 1", "insert", "d", "1")
		code, out, errOut := s.Run(append([]string{"delete", "d", "2", "4"}, where...)...)
		if code != cli.Failed || out != "1 deleted\n" || !strings.Contains(errOut, "Chunk 2 not found") {
			t.Errorf("delete of one that is there and one that is not = %d, %q, %q", code, out, errOut)
		}
	})
}

func TestChunksThatExpire(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		expires := func(args ...string) time.Duration {
			t.Helper()
			var c struct {
				At time.Time `json:"expires_at"`
			}
			out := s.OK(append(args, where...)...)
			if err := json.Unmarshal([]byte(out), &c); err != nil {
				t.Fatalf("memista %s printed %q: %v", strings.Join(args, " "), out, err)
			}
			if c.At.IsZero() {
				return 0
			}
			return time.Until(c.At)
		}
		s.OK(append([]string{"insert", "d", "--ttl", "2h", "1", "2"}, where...)...)
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
	s := clitest.New(t)
	s.Fails(cli.Usage, "give either ids or --key", "get", "d")
	s.Fails(cli.Usage, "give either ids or --key", "delete", "d", "1", "--key", "k")
	s.Fails(cli.Usage, `"x" is not the id of a chunk`, "get", "d", "x")
	s.Fails(cli.Usage, "--key cannot be empty", "get", "d", "--key", "")
	s.Fails(cli.Usage, "name one chunk, not 2", "patch", "d", "--key", "a", "--key", "b", "--text", "x")
	s.Fails(cli.Usage, "give --text, --metadata, --embedding or --ttl", "patch", "d", "1")
	s.Fails(cli.Usage, "give either an id, --key or --filter", "patch", "d", "1", "--filter", `{"a":1}`, "--ttl", "1h")
	s.Fails(cli.Usage, "the filter cannot be empty", "patch", "d", "--filter", `{}`, "--ttl", "1h")
	s.Fails(cli.Usage, "--text and --embedding are for one chunk", "patch", "d", "--filter", `{"a":1}`, "--text", "x")
	s.Fails(cli.Usage, "--metadata for many chunks must be an object", "patch", "d", "--filter", `{"a":1}`, "--metadata", "null")
	s.Fails(cli.Usage, "--metadata for many chunks must be an object", "patch", "d", "--filter", `{"a":1}`, "--metadata", `"word"`)
	s.Fails(cli.Usage, "give --metadata or --ttl", "patch", "d", "--filter", `{"a":1}`)
	s.Fails(cli.Usage, "name the chunk by its id or --key, or many with --filter", "patch", "d", "--ttl", "1h")
	s.Fails(cli.Usage, "--ttl must be a whole number of seconds", "patch", "d", "1", "--ttl", "1500ms")
	s.Fails(cli.Usage, "--ttl must be a whole number of seconds", "insert", "d", "1", "--ttl", "0s")
	s.Fails(cli.Usage, "--metadata must be", "patch", "d", "1", "--metadata", "[1]")
	s.Fails(cli.Usage, `"one" is not a number`, "patch", "d", "1", "--embedding", "one")
	s.Fails(cli.Usage, "--on-conflict must be", "insert", "d", "1", "--on-conflict", "ignore")
	s.Fails(cli.Usage, "there are no chunks in the standard input", "insert", "d")
	s.Fails(cli.Usage, "--text needs a vector", "insert", "d", "--text", "x")
	s.Fails(cli.Usage, "database_id may contain only", "insert", "a/b", "1")
	s.In = `{"embedding":[1]}` + "\n" + `{"embedding":[]}` + "\n"
	s.Fails(cli.Failed, "line 2: embedding is missing or empty", "insert", "d")
	s.Fails(cli.Failed, "there is no data file", "get", "d", "1")
}
