// Package process runs a server for a benchmark and reads from /proc what it takes, so it
// works on Linux.
package process

import (
	"bytes"
	"context"
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

// Spec says what to run. The program runs in a new directory, which is removed at the end,
// with no environment but Env.
type Spec struct {
	Binary   string
	Args     []string
	Env      []string                  // besides HOME, which is the directory
	EnvIn    func(dir string) []string // more of it, where the directory matters; may be nil
	Ready    string                    // URL that answers 200 when the server is ready
	Within   time.Duration             // that it has to be ready in
	ExitCode int                       // after SIGTERM
}

// Process is a running server.
type Process struct {
	Took time.Duration // from exec until it was ready

	spec Spec
	dir  string
	cmd  *exec.Cmd
	log  *bytes.Buffer
	done chan error
}

// Start runs a server and waits until it is ready.
func Start(ctx context.Context, spec Spec) (*Process, error) {
	binary, err := filepath.Abs(spec.Binary)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "memista-bench-")
	if err != nil {
		return nil, err
	}
	p := &Process{spec: spec, dir: dir, log: &bytes.Buffer{}, done: make(chan error, 1)}
	p.cmd = exec.CommandContext(ctx, binary, spec.Args...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p.log, p.log
	p.cmd.Env = append([]string{"HOME=" + dir}, spec.Env...)
	if spec.EnvIn != nil {
		p.cmd.Env = append(p.cmd.Env, spec.EnvIn(dir)...)
	}
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	go func() { p.done <- p.cmd.Wait() }()
	for {
		if p.ready(ctx) == nil {
			p.Took = time.Since(began)
			return p, nil
		}
		select {
		case err := <-p.done:
			return nil, errors.Join(fmt.Errorf("%s has ended: %w; log:\n%s", spec.Binary, err, p.tail()), os.RemoveAll(dir))
		case <-time.After(time.Millisecond):
		}
		if time.Since(began) > spec.Within {
			_, err := p.Stop()
			return nil, errors.Join(fmt.Errorf("%s is not ready after %v; log:\n%s", spec.Binary, spec.Within, p.tail()), err)
		}
	}
}

func (p *Process) ready(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.spec.Ready, nil)
	if err != nil {
		return err
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		err = errors.New(res.Status)
	}
	return errors.Join(err, res.Body.Close())
}

// Stop ends the server, removes its directory and returns what it has printed.
func (p *Process) Stop() (log []byte, err error) {
	defer func() { err = errors.Join(err, os.RemoveAll(p.dir)) }()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return nil, err
	}
	select {
	case err = <-p.done:
	case <-time.After(stopLimit):
		err = errors.Join(errors.New("does not end after SIGTERM"), p.cmd.Process.Kill(), <-p.done)
	}
	if p.cmd.ProcessState.ExitCode() == p.spec.ExitCode {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; log:\n%s", p.spec.Binary, err, p.tail())
	}
	return p.log.Bytes(), nil
}

// stopLimit is how long a server may take to end.
const stopLimit = time.Minute

// tail is the end of the log.
func (p *Process) tail() []byte {
	const most = 2000
	b := p.log.Bytes()
	return b[max(0, len(b)-most):]
}

// Memory returns a line of /proc/PID/status, such as VmRSS, in megabytes.
func (p *Process) Memory(name string) (float64, error) { return PID(p.cmd.Process.Pid).Memory(name) }

// Memory returns a line of /proc/PID/status, such as VmRSS, in megabytes.
func (p PID) Memory(name string) (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", int(p)))
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

// Handles returns how many files and sockets the server has open.
func (p *Process) Handles() (int, error) {
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	return len(list), err
}

// CPU returns the CPU time the process has used, in steps of a hundredth of a second.
func (p *Process) CPU() (time.Duration, error) { return PID(p.cmd.Process.Pid).CPU() }

// PID is a process that somebody else has started.
type PID int

// CPU returns the CPU time the process has used, in steps of a hundredth of a second.
func (p PID) CPU() (time.Duration, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", int(p)))
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

// FreePorts returns n ports that nobody listens on.
func FreePorts(n int) ([]string, error) {
	ports := make([]string, n)
	var open []net.Listener
	var err error
	for i := range ports {
		l, lErr := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // returns at once
		if lErr != nil {
			err = lErr
			break
		}
		open = append(open, l)
		_, ports[i], _ = net.SplitHostPort(l.Addr().String()) // which has one
	}
	for _, l := range open { // together at the end, or one port would be handed out twice
		err = errors.Join(err, l.Close())
	}
	return ports, err
}
