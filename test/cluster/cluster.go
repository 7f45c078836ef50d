// Package cluster runs nodes of Weaviate on this machine, for tests and benchmarks of what
// is served from a cluster, and breaks them: it kills, pauses, parts and restarts them. The
// nodes end with the process that has started them.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Options say how a cluster is started. The zero value is one node on free ports.
type Options struct {
	Nodes  int    // how many; 0 means one
	Binary string // Weaviate's program; "" means what Binary finds
	// Dir is where each node has a directory with its data and its log. "" means a new
	// one, which Close removes.
	Dir string
	// Apart gives each node a network of its own, so that Cut can part them. It needs
	// Linux, root, and the programs unshare, nsenter and ip; ErrNoNetwork says what is
	// missing. Otherwise all nodes listen on 127.0.0.1.
	Apart bool
	// REST and GRPC are the ports of the first node, those of the others follow. 0 means
	// free ones. They mean nothing for nodes apart.
	REST, GRPC int
	Inner      int      // first of the ports that nodes need among each other, four each; 0: free ones
	Env        []string // more settings of each node, such as "LOG_LEVEL=debug"; they win over its own
	APIKey     string   // that Env has the nodes ask for; "" for none
	// Detached nodes outlive this process and are not ended by signals of its terminal.
	Detached bool
}

// Cluster is a number of nodes. Its methods are safe for concurrent use; those of a node are
// not, one caller at a time breaks it.
type Cluster struct {
	Nodes []*Node

	dir      string
	own      bool // dir is removed in the end
	network  *network
	closing  sync.Once
	closeErr error
}

// patience is how long a cluster may take to be whole on a machine that is busy with other
// tests.
const patience = 2 * time.Minute

// New starts a cluster and waits until each node sees all of them as healthy.
func New(ctx context.Context, o Options) (*Cluster, error) {
	c, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	for _, n := range c.Nodes {
		if err := n.Start(); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := c.Healthy(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// prepare lays out the nodes and starts none.
func prepare(ctx context.Context, o Options) (c *Cluster, err error) {
	o.Nodes = max(1, o.Nodes)
	if o.Binary == "" {
		if o.Binary, err = Binary(); err != nil {
			return nil, err
		}
	}
	c = &Cluster{dir: o.Dir}
	if o.Dir == "" {
		c.own = true
		if c.dir, err = os.MkdirTemp("", "memista-cluster-"); err != nil {
			return nil, err
		}
	}
	var places []place
	if o.Apart {
		c.network, err = newNetwork(ctx, o.Nodes)
		if err == nil {
			places = c.network.places()
		}
	} else {
		places, err = onLoopback(o)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if err := c.lay(o, places); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// lay makes the nodes and their directories.
func (c *Cluster) lay(o Options, places []place) error {
	// Names of their own: a node of another cluster that asks at a port of this one is
	// none of it.
	prefix := "node"
	if c.own {
		prefix = strings.TrimPrefix(filepath.Base(c.dir), "memista-cluster-") + "-node"
	}
	for i, p := range places {
		n := &Node{
			Name: fmt.Sprintf("%s%d", prefix, i+1), Dir: filepath.Join(c.dir, fmt.Sprintf("node%d", i+1)),
			place: p, binary: o.Binary, detached: o.Detached, key: o.APIKey,
		}
		if err := os.MkdirAll(n.Dir, 0o755); err != nil {
			return err
		}
		c.Nodes = append(c.Nodes, n)
	}
	for _, n := range c.Nodes {
		n.env = append(settings(n, c.Nodes), o.Env...)
	}
	return nil
}

// Addresses returns where the nodes serve REST, as host:port.
func (c *Cluster) Addresses() []string {
	return each(c.Nodes, func(n *Node) string { return n.REST() })
}

// GRPC returns where the nodes serve gRPC, as host:port, in the order of Addresses.
func (c *Cluster) GRPC() []string { return each(c.Nodes, func(n *Node) string { return n.GRPC() }) }

// Healthy waits until each node is ready and sees all of them as healthy.
func (c *Cluster) Healthy(ctx context.Context) error {
	for _, n := range c.Nodes {
		if err := n.healthy(ctx, each(c.Nodes, func(n *Node) string { return n.Name })); err != nil {
			return err
		}
	}
	return nil
}

// Close ends all nodes at once and removes what the cluster has made. It may be called
// twice.
func (c *Cluster) Close() error {
	c.closing.Do(func() {
		for _, n := range c.Nodes {
			n.Kill()
		}
		if c.network != nil {
			c.network.close()
		}
		if c.own {
			c.closeErr = os.RemoveAll(c.dir)
		}
	})
	return c.closeErr
}

// Cut drops, without a word, all that one node sends to the other, in both directions, until
// Heal. Both stay in reach of this process. The nodes have to be Apart.
func (c *Cluster) Cut(a, b *Node) error { return c.network.part(a.place, b.place, true) }

// Isolate cuts a node off from all others.
func (c *Cluster) Isolate(n *Node) error {
	var errs []error
	for _, other := range c.Nodes {
		if other != n {
			errs = append(errs, c.Cut(n, other))
		}
	}
	return errors.Join(errs...)
}

// Heal undoes every Cut.
func (c *Cluster) Heal() error {
	var errs []error
	for i, a := range c.Nodes {
		for _, b := range c.Nodes[:i] {
			errs = append(errs, c.network.part(a.place, b.place, false))
		}
	}
	return errors.Join(errs...)
}

func each[T any](nodes []*Node, of func(*Node) T) []T {
	out := make([]T, len(nodes))
	for i, n := range nodes {
		out[i] = of(n)
	}
	return out
}
