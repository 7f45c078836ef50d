//go:build unix

package histories

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/memista/memista/test/daemon"
)

// server is the process under test, and those that take its place.
type server struct {
	*Faults
	setup Setup
	http  *http.Client

	mu      sync.RWMutex // held for reading by calls, for writing while the process is ended and started
	process *daemon.Server
	lost    atomic.Bool // it cannot be started any more
}

func newServer(f *Faults, setup Setup) *server {
	return &server{Faults: f, setup: setup, http: &http.Client{
		Timeout: daemon.Patience, Transport: &http.Transport{MaxIdleConns: 200, MaxIdleConnsPerHost: 200},
	}}
}

func (s *server) file() string { return filepath.Join(s.setup.Dir, "memista.db") }

// serve starts a memista on the data file at path.
func (s *server) serve(path string, flags ...string) (*daemon.Server, error) {
	args := append([]string{"serve", "--database-path", path, "--server-port", "0"}, flags...)
	cmd := exec.CommandContext(context.Background(), s.setup.Binary, args...) // whoever starts it ends it
	cmd.Dir = filepath.Dir(path)
	cmd.Env = environment(cmd.Dir)
	return daemon.Start(cmd, "request")
}

// environment is that of a memista: without the settings of this run, which it would not
// know.
func environment(home string) []string { return []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")} }

// start starts the process; s.mu is held for writing.
func (s *server) start() error {
	p, err := s.serve(s.file(), s.setup.Flags...)
	if err != nil {
		s.lost.Store(true)
		s.fault("start", "%v", err)
		return err
	}
	s.process = p
	return nil
}

// end ends the process, in order or by force.
func (s *server) end(orderly bool) {
	if !orderly {
		s.count("ends by SIGKILL", 1)
		s.process.Kill()
		return
	}
	s.count("ends by SIGTERM", 1)
	if err := s.process.Signal(syscall.SIGTERM); err != nil {
		s.fault("stop", "%v", err)
	}
	if code, err := s.process.Wait(); err != nil || code != 0 {
		s.fault("stop", "exit code %d after SIGTERM, %v", code, err)
	}
}

// verify has memista compare all that is in the file of a server that has ended.
func (s *server) verify(ctx context.Context, path string) error {
	s.count("files verified", 1)
	cmd := exec.CommandContext(ctx, s.setup.Binary, "verify", "--database-path", path)
	cmd.Env = environment(filepath.Dir(path))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("memista verify: %w: %.1500s", err, out)
	}
	return nil
}

// spoil damages or removes index files, which are caches.
func (s *server) spoil(rng *rand.Rand) {
	files, err := filepath.Glob(filepath.Join(s.setup.Dir, "*.hnsw"))
	if err != nil {
		panic(err) // the pattern is a bad one
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil || len(raw) == 0 {
			continue
		}
		switch rng.IntN(4) {
		case 0:
			err = os.Remove(path)
		case 1:
			raw[rng.IntN(len(raw))] ^= 1 << rng.IntN(8)
			err = os.WriteFile(path, raw, 0o600)
		case 2:
			err = os.WriteFile(path, raw[:rng.IntN(len(raw))], 0o600)
		}
		if err != nil {
			s.fault("the test itself", "%v", err)
		}
		s.count("index files spoiled", 1)
	}
}

// answer is that of one call. Unknown says that nobody knows whether it was carried out.
type answer struct {
	status  int
	body    []byte
	unknown bool
}

func (a answer) ok() bool { return !a.unknown && a.status/100 == 2 }

// none reports whether a says nothing of what was asked: there is none, or the server was
// full, or about to end.
func (a answer) none() bool { return a.unknown || a.status == 503 || a.status == 429 }

// call sends one request; a server that is not there is waited for.
func (s *server) call(method, path string, in any) answer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.callAt(s.process, method, path, in)
}

// insist calls until there is an answer that says something, or no server any more.
func (s *server) insist(method, path string, in any) (a answer) {
	for !s.lost.Load() {
		if a = s.call(method, path, in); !a.none() {
			return a
		}
	}
	return answer{unknown: true}
}

func (s *server) callAt(p *daemon.Server, method, path string, in any) answer {
	var body []byte
	if in != nil {
		body = encoded(in)
	}
	// A run that is over waits for its calls: one that is cut off may be carried out or not.
	req, err := http.NewRequestWithContext(context.Background(), method, p.URL+path, bytes.NewReader(body))
	if err != nil {
		panic(err) // the path is a bad one
	}
	r, err := s.http.Do(req)
	if err != nil {
		s.count("no answer", 1)
		time.Sleep(5 * time.Millisecond) // the next server is on its way
		return answer{unknown: true}
	}
	defer func() { _ = r.Body.Close() }() // it has been read
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		s.count("half an answer", 1)
		return answer{status: r.StatusCode, unknown: true}
	}
	if r.StatusCode >= 500 && r.StatusCode != http.StatusServiceUnavailable {
		s.fault("status", "%s %s: %d %.300s", method, path, r.StatusCode, raw)
	}
	s.count(fmt.Sprintf("%s %s %d", method, shape(path), r.StatusCode), 1)
	return answer{status: r.StatusCode, body: raw}
}

// shape is a path without names.
func shape(path string) string {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	for i := 2; i < len(parts); i++ {
		if slices.Contains([]string{"databases", "keys", "jobs", "chunks"}, parts[i-1]) {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}
