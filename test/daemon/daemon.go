//go:build unix

// Package daemon builds memista and runs it as a process of its own, for tests that treat
// it as service managers, crashes and users do.
package daemon

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Patience is how long a start or an end may take on a machine that is busy with other
// tests.
const Patience = 60 * time.Second

// Build builds memista from this source, with more arguments for go build, and returns
// the path of the program, which is in dir.
func Build(ctx context.Context, dir string, args ...string) (string, error) {
	path := filepath.Join(dir, "memista")
	args = slices.Concat([]string{"build", "-buildvcs=false", "-o", path}, args, []string{"github.com/memista/memista/cmd/memista"})
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
}

// Server is a memista that was started to serve.
type Server struct {
	URL string // where it serves
	// PID is the process that signals go to. Whoever has another program run memista
	// puts memista's here.
	PID int

	cmd   *exec.Cmd
	skip  []string
	ended chan struct{} // closed when the process has ended and log is whole
	mu    sync.Mutex    // guards log
	log   []string
}

// Start runs cmd, which is memista or runs it, and waits until it serves. Its log leaves
// out the messages in skip. One that ends instead, or does not come to serve, is an error
// with its log.
func Start(cmd *exec.Cmd, skip ...string) (*Server, error) {
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Server{PID: cmd.Process.Pid, cmd: cmd, skip: skip, ended: make(chan struct{})}
	serving := make(chan string, 1)
	go s.follow(stderr, serving)
	select {
	case s.URL = <-serving:
		return s, nil
	case <-s.ended:
		return nil, fmt.Errorf("the server ended: %v\n%s", cmd.ProcessState, s.Log())
	case <-time.After(Patience):
		s.Kill()
		return nil, fmt.Errorf("the server does not start:\n%s", s.Log())
	}
}

// follow collects the log, tells the address once it is there, and waits for the end.
func (s *Server) follow(stderr io.Reader, serving chan<- string) {
	defer close(s.ended)
	sc := bufio.NewScanner(stderr)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var line struct{ Msg, URL string }
		known := json.Unmarshal(sc.Bytes(), &line) == nil
		if known && line.Msg == "serving" {
			serving <- line.URL
		}
		if known && slices.Contains(s.skip, line.Msg) {
			continue
		}
		s.mu.Lock()
		s.log = append(s.log, sc.Text())
		s.mu.Unlock()
	}
	_ = s.cmd.Wait() // ProcessState has what there is to know
}

// Log returns what it has logged so far.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, "\n")
}

// Ended is closed when the process has ended and its log is whole.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// Running reports whether the process has not ended.
func (s *Server) Running() bool {
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// Signal sends a signal; SIGTERM is how service managers ask it to end.
func (s *Server) Signal(sig syscall.Signal) error { return syscall.Kill(s.PID, sig) }

// Kill ends the process at once, as kill -9 and a crash do. It may have ended.
func (s *Server) Kill() {
	if s.Running() {
		_ = s.Signal(syscall.SIGKILL) // it may just have ended
		<-s.ended
	}
}

// Wait returns the exit code of a process that was asked to end. For one that does not
// the error has what each goroutine does.
func (s *Server) Wait() (int, error) {
	select {
	case <-s.ended:
		return s.cmd.ProcessState.ExitCode(), nil
	case <-time.After(Patience):
		_ = s.Signal(syscall.SIGQUIT) // prints them
		<-s.ended
		return -1, fmt.Errorf("the server does not end:\n%s", s.Log())
	}
}
