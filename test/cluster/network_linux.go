package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// network is a bridge, and for each node a network of its own with a cable to it. Each
// lives in a process that does nothing else: when that ends, also with this process, the
// kernel takes all of it away.
type network struct {
	subnet int // 198.18.subnet.0/24, of the range for tests of networks
	bridge *holder
	nodes  []*holder
}

// ErrNoNetwork is that this machine does not let a test have networks of its own.
var ErrNoNetwork = errors.New("no networks of its own for each node")

// newNetwork makes networks for n nodes.
func newNetwork(ctx context.Context, n int) (*network, error) {
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("%w: this needs root; unshare -Urn makes one for a test", ErrNoNetwork)
	}
	for _, name := range []string{"unshare", "nsenter", "ip"} {
		if _, err := exec.LookPath(name); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoNetwork, err)
		}
	}
	w := &network{}
	if err := w.build(ctx, n); err != nil {
		w.close()
		return nil, fmt.Errorf("%w: %w", ErrNoNetwork, err)
	}
	return w, nil
}

// cable is the end of the bridge's cable that is in the network of this process.
const cable = "memista"

func (w *network) build(ctx context.Context, n int) (err error) {
	if w.subnet, err = freeSubnet(); err != nil {
		return err
	}
	if w.bridge, err = hold(ctx); err != nil {
		return err
	}
	out := fmt.Sprintf("%s%d", cable, w.subnet)
	steps := [][]string{
		{"ip", "link", "add", out, "type", "veth", "peer", "name", "out", "netns", w.bridge.pid()},
		{"ip", "addr", "add", w.address(1) + "/24", "dev", out},
		{"ip", "link", "set", out, "up"},
		w.bridge.in("ip", "link", "add", "bridge0", "type", "bridge"),
		w.bridge.in("ip", "link", "set", "bridge0", "up"),
		w.bridge.in("ip", "link", "set", "out", "master", "bridge0", "up"),
	}
	for i := range n {
		h, err := hold(ctx)
		if err != nil {
			return err
		}
		w.nodes = append(w.nodes, h)
		port := fmt.Sprintf("node%d", i+1)
		steps = append(steps,
			w.bridge.in("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", h.pid()),
			w.bridge.in("ip", "link", "set", port, "master", "bridge0", "up"),
			h.in("ip", "link", "set", "lo", "up"),
			h.in("ip", "addr", "add", w.address(10+i)+"/24", "dev", "eth0"),
			h.in("ip", "link", "set", "eth0", "up"))
	}
	for _, step := range steps {
		if err := do(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// address returns that of the given host.
func (w *network) address(host int) string { return fmt.Sprintf("198.18.%d.%d", w.subnet, host) }

// places returns where each node is: on the ports that Weaviate has by itself.
func (w *network) places() []place {
	places := make([]place, len(w.nodes))
	for i, h := range w.nodes {
		places[i] = place{
			host: w.address(10 + i), holder: h.cmd.Process.Pid,
			rest: 8080, grpc: 50051, gossip: 7946, data: 7947, raft: 8300, raftInternal: 8301,
		}
	}
	return places
}

// part drops what a and b send to each other, or no longer. They then have a hardware
// address of each other that nobody has: the bridge carries the packets to no one, and
// neither is told.
func (w *network) part(a, b place, cut bool) error {
	if w == nil {
		return errors.New("the nodes of this cluster are not apart")
	}
	for _, way := range [][2]place{{a, b}, {b, a}} {
		step := []string{"ip", "neigh", "replace", way[1].host, "lladdr", "02:00:00:00:00:00", "nud", "permanent", "dev", "eth0"}
		if !cut {
			step = []string{"ip", "neigh", "flush", "nud", "permanent", "to", way[1].host, "dev", "eth0"}
		}
		if err := do(context.Background(), way[0].enter(step...)); err != nil {
			return err
		}
	}
	return nil
}

func (w *network) close() {
	for _, h := range append(w.nodes, w.bridge) {
		if h != nil {
			h.end()
		}
	}
}

// freeSubnet returns the number of a subnet that no interface here has.
func freeSubnet() (int, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return 0, err
	}
	for i := range 256 {
		subnet := (os.Getpid() + i) % 256
		prefix := fmt.Sprintf("198.18.%d.", subnet)
		taken := false
		for _, a := range addresses {
			taken = taken || strings.HasPrefix(a.String(), prefix)
		}
		if !taken {
			return subnet, nil
		}
	}
	return 0, errors.New("all subnets of 198.18.0.0/16 are taken")
}

// holder is a process that keeps a network.
type holder struct{ cmd *exec.Cmd }

// hold makes a network and returns when it is there.
func hold(ctx context.Context) (*holder, error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "unshare", "-n", "sh", "-c", "echo there; exec sleep infinity")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	h := &holder{cmd}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		h.end()
		return nil, fmt.Errorf("unshare -n: %w", err)
	}
	return h, nil
}

func (h *holder) pid() string { return strconv.Itoa(h.cmd.Process.Pid) }

// in returns the command that runs the given one in this network.
func (h *holder) in(command ...string) []string {
	return append([]string{"nsenter", "-t", h.pid(), "-n"}, command...)
}

func (h *holder) end() {
	_ = h.cmd.Process.Kill() // it does nothing
	_ = h.cmd.Wait()         // it was killed
}

func do(ctx context.Context, command []string) error {
	if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%q: %w: %s", command, err, out)
	}
	return nil
}
