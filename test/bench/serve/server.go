package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a running memista on an empty directory.
type server struct {
	url   string
	ready time.Duration // from exec to the first answer of /readyz
	dir   string
	cmd   *exec.Cmd
	log   *bytes.Buffer
}

// startLimit is how long a start may take.
const startLimit = 20 * time.Second

// start starts the binary and waits until it is ready.
func start(ctx context.Context, binary string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	binary, err = filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "memista-bench-serve-")
	if err != nil {
		return nil, err
	}
	s := &server{url: "http://127.0.0.1:" + port, dir: dir, log: &bytes.Buffer{}}
	s.cmd = exec.CommandContext(ctx, binary, "serve")
	s.cmd.Dir, s.cmd.Stderr = dir, s.log
	s.cmd.Env = []string{"SERVER_PORT=" + port, "HOME=" + dir}
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for {
		if err := s.answers(ctx); err == nil {
			s.ready = time.Since(began)
			return s, nil
		}
		if time.Since(began) > startLimit {
			_, err := s.stop()
			return nil, errors.Join(fmt.Errorf("the server is not ready after %v", startLimit), err)
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *server) answers(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/readyz", nil)
	if err != nil {
		return err
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		err = fmt.Errorf("readyz: %s", res.Status)
	}
	return errors.Join(err, res.Body.Close())
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // returns at once
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// stop ends the server and returns how many fsyncs it has made, as its log says.
func (s *server) stop() (fsyncs int64, err error) {
	defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	if err := s.cmd.Wait(); err != nil {
		return 0, fmt.Errorf("%w; log:\n%s", err, s.log)
	}
	for line := range bytes.Lines(s.log.Bytes()) {
		var l struct {
			Msg    string
			Fsyncs int64
		}
		if json.Unmarshal(line, &l) == nil && l.Msg == "stopped" {
			return l.Fsyncs, nil
		}
	}
	return 0, fmt.Errorf("the log has no line about the end:\n%s", s.log)
}

// withServer runs fn with a new server.
func withServer(ctx context.Context, binary string, fn func(*server) error) error {
	s, err := start(ctx, binary)
	if err != nil {
		return err
	}
	err = fn(s)
	_, stopErr := s.stop()
	return errors.Join(err, stopErr)
}

// status returns a line of /proc/PID/status in megabytes.
func (s *server) status(name string) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kb / 1024, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc", name)
}

// cpu returns the CPU time the process has used, in steps of a hundredth of a second.
func (s *server) cpu() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The second field is the name in brackets, which may contain anything.
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc stat: %s", raw)
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	const perSecond = 100 // USER_HZ, the same on every Linux
	return time.Duration(user+system) * time.Second / perSecond, errors.Join(err1, err2)
}
