//go:build unix

package faults_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a start, an answer or an end may take on a busy machine.
const patience = 60 * time.Second

// server is a running memista.
type server struct {
	t    *testing.T
	url  string
	cmd  *exec.Cmd
	pid  int // of memista itself, also below strace
	http *http.Client

	ended chan struct{} // closed when the process has ended and log is whole
	mu    sync.Mutex    // guards log
	log   []string
}

// launch says how to start a server.
type launch struct {
	dir   string   // of the data file
	env   []string // settings
	under []string // a program that runs it, with its arguments: strace, say
}

// start starts a server on a free port and waits until it serves.
func start(t *testing.T, l launch) *server {
	t.Helper()
	s, err := tryStart(t, l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tryStart is start for servers that may refuse to.
func tryStart(t *testing.T, l launch) (*server, error) {
	t.Helper()
	args := append(l.under[:len(l.under):len(l.under)], program(t), "serve")
	s := &server{t: t, cmd: exec.Command(args[0], args[1:]...), ended: make(chan struct{})}
	s.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}, Timeout: patience}
	s.cmd.Dir = l.dir
	s.cmd.Env = append([]string{
		"HOME=" + l.dir, "PATH=" + os.Getenv("PATH"), "SERVER_PORT=0", "LOG_LEVEL=info",
		"DATABASE_PATH=" + filepath.Join(l.dir, "memista.db"),
	}, l.env...)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = s.cmd.Process.Pid
	serving := make(chan string, 1)
	go s.follow(stderr, serving)
	t.Cleanup(s.kill)
	select {
	case s.url = <-serving:
		return s, nil
	case <-s.ended:
		return nil, fmt.Errorf("the server ended: %v\n%s", s.cmd.ProcessState, s.lines())
	case <-time.After(patience):
		s.kill()
		return nil, fmt.Errorf("the server does not start:\n%s", s.lines())
	}
}

// follow collects the log, tells the address once it is there, and waits for the end.
func (s *server) follow(stderr io.Reader, serving chan<- string) {
	defer close(s.ended)
	sc := bufio.NewScanner(stderr)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var line struct{ Msg, URL string }
		known := json.Unmarshal(sc.Bytes(), &line) == nil
		if known && line.Msg == "serving" {
			serving <- line.URL
		}
		if known && line.Msg == "request" {
			continue // thousands of them
		}
		s.mu.Lock()
		s.log = append(s.log, sc.Text())
		s.mu.Unlock()
	}
	_ = s.cmd.Wait() // ProcessState has what there is to know
}

// lines returns the log but for requests.
func (s *server) lines() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, "\n")
}

// crashed returns what the log has of a panic or a fault of the runtime.
func (s *server) crashed() string {
	text := s.lines()
	for _, sign := range []string{"panic:", "fatal error:", "SIGSEGV", "SIGBUS", "goroutine 1 ["} {
		if i := strings.Index(text, sign); i >= 0 {
			return text[i:min(len(text), i+4000)]
		}
	}
	return ""
}

// running reports whether the process has not ended.
func (s *server) running() bool {
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// kill ends the process at once, as kill -9 and a crash do.
func (s *server) kill() {
	if !s.running() {
		return
	}
	_ = syscall.Kill(s.pid, syscall.SIGKILL) // it may just have ended
	<-s.ended
	s.http.CloseIdleConnections()
}

// signal asks the process to end, as service managers do.
func (s *server) signal() {
	s.t.Helper()
	if err := syscall.Kill(s.pid, syscall.SIGTERM); err != nil {
		s.t.Error(err)
	}
}

// terminate asks the process to end and checks that it does so in order.
func (s *server) terminate() {
	s.t.Helper()
	s.signal()
	select {
	case <-s.ended:
	case <-time.After(patience):
		_ = syscall.Kill(s.pid, syscall.SIGQUIT) // prints what every goroutine does
		<-s.ended
		s.t.Fatalf("the server does not end:\n%s", s.lines())
	}
	s.http.CloseIdleConnections()
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("exit code %d after SIGTERM; want 0:\n%s", code, s.lines())
	}
}

// refusal is an answer that is an error.
type refusal struct {
	status int
	code   string
	text   string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.status, r.code, r.text) }

// refused returns the refusal in err, or nil if the request was not answered at all.
func refused(err error) *refusal {
	r, _ := errors.AsType[*refusal](err)
	return r
}

// call sends in as JSON and decodes the answer into out, if they are not nil. An error is
// a refusal, or that there was no answer.
func (s *server) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			s.t.Error(err)
			return err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		var sent struct{ Error, Code string }
		if err := json.Unmarshal(raw, &sent); err != nil || sent.Error == "" {
			return &refusal{res.StatusCode, "not an answer of ours", string(raw)}
		}
		return &refusal{res.StatusCode, sent.Code, sent.Error}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("%s %s: %w in %.200q", method, path, err, raw)
	}
	return nil
}

// text sends a request and returns the answer as it is.
func (s *server) text(req *http.Request) (string, error) {
	res, err := s.http.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	raw, err := io.ReadAll(res.Body)
	return string(raw), err
}
