//go:build unix

// Package e2e_test runs the real binary as a user does.
package e2e_test

import (
	"bytes"
	"context"
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
	"time"

	"github.com/memista/memista/test/daemon"
)

// program is built once, from the same source and with the same cgo and tags as the tests.
var program string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "memista-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if program, err = daemon.Build(context.Background(), dir, "-tags", buildTags); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// startLimit is how long a start may take on a machine that is busy with other tests.
const startLimit = daemon.Patience

// server is a running memista.
type server struct {
	*daemon.Server
	t *testing.T
}

// command returns the binary with args, run in dir with no settings but env.
func command(dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"HOME=" + dir, "XDG_CACHE_HOME=" + filepath.Join(dir, "cache"), "PATH=" + os.Getenv("PATH")}, env...)
	return cmd
}

// serve starts a server in dir on a free port and waits until it serves.
func serve(t *testing.T, dir string, env []string, args ...string) *server {
	t.Helper()
	d, err := daemon.Start(command(dir, append([]string{"SERVER_PORT=0"}, env...), args...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Kill)
	return &server{d, t}
}

// terminate asks the process to end, as service managers do.
func (s *server) terminate() {
	s.t.Helper()
	if err := s.Signal(syscall.SIGTERM); err != nil {
		s.t.Error(err)
	}
}

// wait returns the exit code.
func (s *server) wait() int {
	s.t.Helper()
	code, err := s.Wait()
	if err != nil {
		s.t.Fatal(err)
	}
	return code
}

// do sends a request and returns the status and the body.
func (s *server) do(method, path, body string) (int, string) {
	s.t.Helper()
	status, answer, err := try(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	return status, answer
}

// want sends a request that must be answered exactly so.
func (s *server) want(method, path, body string, status int, answer string) {
	s.t.Helper()
	gotStatus, got := s.do(method, path, body)
	if gotStatus != status || strings.TrimSpace(got) != answer {
		s.t.Errorf("%s %s %s\n got %d %s\nwant %d %s", method, path, body, gotStatus, got, status, answer)
	}
}

func try(method, url string, body io.Reader) (int, string, error) {
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return res.StatusCode, string(raw), err
}

// ends runs the binary to its end and returns its exit code and both outputs. One that
// does not end is killed, and has the exit code -1.
func ends(t *testing.T, dir string, env []string, args ...string) (int, string, string) {
	t.Helper()
	cmd := command(dir, env, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(startLimit, func() { _ = cmd.Process.Kill() }) // it may just have ended
	err := cmd.Wait()
	limit.Stop()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errOut.String()
}
