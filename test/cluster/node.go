package cluster

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
	"time"
)

// Node is one process of Weaviate, running or not.
type Node struct {
	Name string // what the cluster calls it
	Dir  string // its data is in data, what it has printed in log

	place    place
	binary   string
	env      []string
	detached bool
	key      string
	cmd      *exec.Cmd
	ended    chan struct{} // closed when the process has ended
}

// REST returns where it serves REST, as host:port.
func (n *Node) REST() string { return n.place.at(n.place.rest) }

// GRPC returns where it serves gRPC, as host:port.
func (n *Node) GRPC() string { return n.place.at(n.place.grpc) }

// Start runs the node, on the data that it had, and does not wait for it.
func (n *Node) Start() error {
	if n.Running() {
		return fmt.Errorf("%s runs already", n.Name)
	}
	log, err := os.OpenFile(filepath.Join(n.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	args := n.place.enter(n.binary, "--host", n.place.host, "--port", fmt.Sprint(n.place.rest), "--scheme", "http", "--read-timeout", "10m", "--write-timeout", "10m")
	n.cmd = exec.Command(args[0], args[1:]...) //nolint:noctx // it ends when it is told to, and with this process
	n.cmd.Dir, n.cmd.Env = n.Dir, append([]string{"HOME=" + n.Dir, "PATH=" + os.Getenv("PATH")}, n.env...)
	n.cmd.Stdout, n.cmd.Stderr = log, log
	n.cmd.SysProcAttr = attributes(n.detached)
	if err := n.cmd.Start(); err != nil {
		return err
	}
	n.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait() // most are killed
		close(ended)
	}(n.cmd, n.ended)
	return nil
}

// PID is its process, 0 before the first Start.
func (n *Node) PID() int {
	if n.cmd == nil {
		return 0
	}
	return n.cmd.Process.Pid
}

// Running reports whether its process has not ended. A paused one is running.
func (n *Node) Running() bool {
	if n.cmd == nil {
		return false
	}
	select {
	case <-n.ended:
		return false
	default:
		return true
	}
}

// Kill ends the process as kill -9 does, and waits until it is gone. It need not run.
func (n *Node) Kill() {
	if n.Running() {
		_ = n.cmd.Process.Kill() // it may just have ended
		<-n.ended
	}
}

// Stop asks the process to end and waits until it has; one that does not is killed, which
// is an error.
func (n *Node) Stop() error {
	if !n.Running() {
		return nil
	}
	if err := terminate(n.cmd.Process); err != nil {
		return err
	}
	select {
	case <-n.ended:
		return nil
	case <-time.After(patience):
		n.Kill()
		return fmt.Errorf("%s does not end", n.Name)
	}
}

// Pause stops the process as SIGSTOP does: its connections stay, nothing answers.
func (n *Node) Pause() error { return pause(n.cmd.Process) }

// Resume lets a paused process go on.
func (n *Node) Resume() error { return resume(n.cmd.Process) }

// Restart kills the node, starts it again and waits until it is ready.
func (n *Node) Restart(ctx context.Context) error {
	n.Kill()
	if err := n.Start(); err != nil {
		return err
	}
	return n.Ready(ctx)
}

// Ready waits until the node says that it is ready.
func (n *Node) Ready(ctx context.Context) error {
	return n.until(ctx, func(ctx context.Context) error {
		_, err := n.get(ctx, "/v1/.well-known/ready")
		return err
	})
}

// healthy waits until the node is ready and sees the nodes of those names as healthy.
func (n *Node) healthy(ctx context.Context, names []string) error {
	return n.until(ctx, func(ctx context.Context) error {
		if _, err := n.get(ctx, "/v1/.well-known/ready"); err != nil {
			return err
		}
		raw, err := n.get(ctx, "/v1/nodes")
		if err != nil {
			return err
		}
		var list struct {
			Nodes []struct{ Name, Status string }
		}
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		well := map[string]bool{}
		for _, other := range list.Nodes {
			well[other.Name] = other.Status == "HEALTHY"
		}
		for _, name := range names {
			if !well[name] {
				return fmt.Errorf("it does not see %s as healthy: %.300s", name, raw)
			}
		}
		return nil
	})
}

// until asks again and again until there is no error. An end of the process or of ctx gives
// the last one, with the end of the log.
func (n *Node) until(ctx context.Context, ask func(context.Context) error) error {
	for {
		one, cancel := context.WithTimeout(ctx, 5*time.Second) // a paused node does not answer
		err := ask(one)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
			continue
		case <-n.ended:
			return fmt.Errorf("%s has ended; its log:\n%s", n.Name, n.Log())
		case <-ctx.Done():
			return fmt.Errorf("%s: %w: %w; its log:\n%s", n.Name, ctx.Err(), err, n.Log())
		}
	}
}

func (n *Node) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.REST()+path, nil)
	if err != nil {
		return nil, err
	}
	if n.key != "" {
		req.Header.Set("Authorization", "Bearer "+n.key)
	}
	res, err := asker.Do(req)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(res.Body)
	err = errors.Join(err, res.Body.Close())
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.300s", path, res.Status, bytes.TrimSpace(raw))
	}
	return raw, err
}

// asker has a connection of its own for each question: those of a process that was killed
// are of no use.
var asker = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// Log returns the end of what the node has printed.
func (n *Node) Log() string {
	raw, err := os.ReadFile(filepath.Join(n.Dir, "log"))
	if err != nil {
		return err.Error()
	}
	const most = 4000
	return strings.ToValidUTF8(string(raw[max(0, len(raw)-most):]), "")
}
