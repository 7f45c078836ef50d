//go:build unix

package faults_test

import (
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
	"syscall"
	"testing"

	"github.com/memista/memista/test/daemon"
)

// patience is how long an answer, or progress, may take on a busy machine.
const patience = daemon.Patience

// server is a running memista.
type server struct {
	*daemon.Server
	t    *testing.T
	dir  string
	http *http.Client
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
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = l.dir
	cmd.Env = append([]string{
		"HOME=" + l.dir, "PATH=" + os.Getenv("PATH"), "SERVER_PORT=0", "LOG_LEVEL=info",
		"DATABASE_PATH=" + filepath.Join(l.dir, "memista.db"),
	}, l.env...)
	d, err := daemon.Start(cmd, "request") // thousands of them
	if err != nil {
		return nil, err
	}
	s := &server{Server: d, t: t, dir: l.dir}
	s.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}, Timeout: daemon.Patience}
	t.Cleanup(s.kill)
	return s, nil
}

// crashed returns what the log has of a panic or a fault of the runtime.
func (s *server) crashed() string {
	text := s.Log()
	for _, sign := range []string{"panic:", "fatal error:", "SIGSEGV", "SIGBUS", "goroutine 1 ["} {
		if i := strings.Index(text, sign); i >= 0 {
			return text[i:min(len(text), i+4000)]
		}
	}
	return ""
}

// kill ends the process at once, as kill -9 and a crash do.
func (s *server) kill() {
	s.Kill()
	s.http.CloseIdleConnections()
}

// signal asks the process to end, as service managers do.
func (s *server) signal() {
	s.t.Helper()
	if err := s.Signal(syscall.SIGTERM); err != nil {
		s.t.Error(err)
	}
}

// terminate asks the process to end and checks that it does so in order.
func (s *server) terminate() {
	s.t.Helper()
	s.signal()
	code, err := s.Wait()
	if err != nil {
		s.t.Fatal(err)
	}
	s.http.CloseIdleConnections()
	if code != 0 {
		s.t.Errorf("exit code %d after SIGTERM; want 0:\n%s", code, s.Log())
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
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, body)
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
