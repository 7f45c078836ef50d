package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
	"strings"
)

// place is where a node listens.
type place struct {
	host                                         string
	rest, grpc, gossip, data, raft, raftInternal int
	holder                                       int // the process whose network it is in; 0: ours
	loopback                                     bool
}

func (p place) at(port int) string { return net.JoinHostPort(p.host, strconv.Itoa(port)) }

// enter returns the command that runs the given one in the node's network.
func (p place) enter(command ...string) []string {
	if p.holder == 0 {
		return command
	}
	return append([]string{"nsenter", "-t", strconv.Itoa(p.holder), "-n"}, command...)
}

// settings are the environment of a node that finds all of them.
func settings(n *Node, all []*Node) []string {
	list := func(of func(*Node) string) string { return strings.Join(each(all, of), ",") }
	p := n.place
	env := []string{
		"AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED=true", "DEFAULT_VECTORIZER_MODULE=none", "DISABLE_TELEMETRY=true",
		// A disk that tests share may be fuller than the 90 % at which a node takes no more.
		"DISK_USE_READONLY_PERCENTAGE=99",
		"GO_PROFILING_DISABLE=true", "PERSISTENCE_DATA_PATH=" + filepath.Join(n.Dir, "data"),
		"CLUSTER_HOSTNAME=" + n.Name, "CLUSTER_BIND_ADDR=" + p.host,
		"GRPC_PORT=" + strconv.Itoa(p.grpc),
		"CLUSTER_GOSSIP_BIND_PORT=" + strconv.Itoa(p.gossip), "CLUSTER_DATA_BIND_PORT=" + strconv.Itoa(p.data),
		"RAFT_PORT=" + strconv.Itoa(p.raft), "RAFT_INTERNAL_RPC_PORT=" + strconv.Itoa(p.raftInternal),
		fmt.Sprintf("RAFT_BOOTSTRAP_EXPECT=%d", len(all)),
		"RAFT_JOIN=" + list(func(m *Node) string { return m.Name + ":" + strconv.Itoa(m.place.raft) }),
		// Itself is in the list: the first node has nobody else to join, and after a kill
		// each has to find the others, not one of them.
		"CLUSTER_JOIN=" + list(func(m *Node) string { return m.place.at(m.place.gossip) }),
	}
	if p.loopback {
		env = append(env, "CLUSTER_IN_LOCALHOST=true")
	}
	return env
}

// onLoopback returns places on 127.0.0.1. Weaviate wants the internal port of Raft right
// after its port there.
func onLoopback(o Options) ([]place, error) {
	for range 100 {
		// Below those that systems give to connections.
		free := 20000 + rand.IntN(10000)
		places := make([]place, o.Nodes)
		for i := range places {
			inner := cmp.Or(o.Inner, free) + 4*i
			places[i] = place{
				host: "127.0.0.1", loopback: true,
				gossip: inner, data: inner + 1, raft: inner + 2, raftInternal: inner + 3,
				rest: cmp.Or(o.REST, free+4*o.Nodes) + i, grpc: cmp.Or(o.GRPC, free+5*o.Nodes) + i,
			}
		}
		taken := busy(places)
		if taken == 0 {
			return places, nil
		}
		if inRow(taken, o.REST, o.Nodes) || inRow(taken, o.GRPC, o.Nodes) || inRow(taken, o.Inner, 4*o.Nodes) {
			return nil, fmt.Errorf("port %d is in use", taken)
		}
	}
	return nil, errors.New("no free ports")
}

// inRow reports whether port is one of n from first on; first 0 means none.
func inRow(port, first, n int) bool { return first != 0 && port >= first && port < first+n }

// busy returns a port that something listens on, 0 for none.
func busy(places []place) int {
	for _, p := range places {
		for _, port := range []int{p.rest, p.grpc, p.gossip, p.data, p.raft, p.raftInternal} {
			l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", p.at(port))
			if err != nil {
				return port
			}
			_ = l.Close() // it was a question
		}
		udp, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", p.at(p.gossip))
		if err != nil {
			return p.gossip
		}
		_ = udp.Close() // it was a question
	}
	return 0
}
