package wire

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"

	"github.com/memista/memista/internal/adapters/weaviate/wire/fields"
	"github.com/memista/memista/internal/adapters/weaviate/wire/nodes"
	"github.com/memista/memista/internal/domain"
)

// Client speaks to a cluster. It is safe for concurrent use.
type Client struct {
	options Options
	pool    *nodes.Pool
	http    *http.Client
	reader  *http.Transport
	conns   []*grpc.ClientConn // of gRPC, one for each node
}

// New returns a client, which begins to check the nodes in the background. It does not wait
// for them: see Ready. Options that cannot work are an ErrInvalid.
func New(o Options) (*Client, error) {
	o, err := o.checked()
	if err != nil {
		return nil, err
	}
	bases, err := o.addresses()
	if err != nil {
		return nil, err
	}
	grpcAddresses, err := o.grpcAddresses(bases)
	if err != nil {
		return nil, err
	}
	c := &Client{options: o}
	const perNode, idle = 128, 90 * time.Second
	c.reader = &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 2 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:     o.TLS,
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: perNode,
		IdleConnTimeout:     idle,
		ForceAttemptHTTP2:   o.TLS != nil,
	}
	c.http = &http.Client{Transport: c.reader, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	po := nodes.Options{Addresses: bases, GRPC: grpcAddresses, Timeout: o.Timeout, Every: o.Every, Check: c.check}
	if o.Observer != nil {
		po.Changed = func(n *nodes.Node, err error) { o.Observer.Changed(n.REST, err) }
		po.Again = func(n *nodes.Node, err error) { o.Observer.Repeated(n.REST, err) }
	}
	for i, address := range grpcAddresses {
		conn, err := c.dial(bases[i], address)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.conns = append(c.conns, conn)
	}
	if c.pool, err = nodes.New(po); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Close ends requests under way with domain.ErrClosed, and closes all connections. It may be
// called twice.
func (c *Client) Close() error {
	if c.pool != nil { // it is where New fails
		c.pool.Close()
	}
	c.reader.CloseIdleConnections()
	for _, conn := range c.conns {
		_ = conn.Close() // it says that it was closed before
	}
	return nil
}

// Ready asks all nodes whether they are ready, and returns how many are. If none is, the
// error says what the last one answered; if only some are not, it is that of one of them.
func (c *Client) Ready(ctx context.Context) (int, error) { return c.pool.Check(ctx) }

// Nodes returns what is thought of each address, in their order, without asking.
func (c *Client) Nodes() []nodes.State {
	var states []nodes.State
	for _, n := range c.pool.Nodes() {
		states = append(states, n.State())
	}
	return states
}

// check asks one node whether it is ready, by both protocols.
func (c *Client) check(ctx context.Context, n *nodes.Node) error {
	if err := c.try(ctx, n, call{method: http.MethodGet, path: "/v1/.well-known/ready"}); err != nil {
		return err
	}
	var answer []byte
	if err := c.conns[n.Index].Invoke(ctx, "/grpc.health.v1.Health/Check", fields.Message{}, &answer, grpc.WaitForReady(true)); err != nil {
		return c.failed(ctx, n, err)
	}
	return nil
}

// Meta says what a node is.
type Meta struct {
	Hostname string `json:"hostname"`
	Version  string `json:"version"` // such as "1.35.2"
	// GRPCMaxMessageSize is the most bytes that a message may have.
	GRPCMaxMessageSize int `json:"grpcMaxMessageSize"`
}

// Meta asks a node what it is. Wrong credentials are ErrCredentials.
func (c *Client) Meta(ctx context.Context) (Meta, error) {
	var m Meta
	err := c.rest(ctx, call{name: "meta", method: http.MethodGet, path: "/v1/meta", into: &m, repeatable: true})
	return m, err
}

// Member is a node as the cluster sees it.
type Member struct {
	Name    string  `json:"name"`
	Status  string  `json:"status"` // HEALTHY, UNHEALTHY, UNAVAILABLE, TIMEOUT
	Version string  `json:"version"`
	Shards  []Shard `json:"shards"`
}

// Shard is one on a member.
type Shard struct {
	Name    string `json:"name"` // of a multi-tenant class that of the tenant
	Class   string `json:"class"`
	Objects int64  `json:"objectCount"`       // may be behind by seconds
	Queue   int64  `json:"vectorQueueLength"` // vectors that are not in the index yet
	Status  string `json:"vectorIndexingStatus"`
	Loaded  bool   `json:"loaded"`
}

// Members asks the cluster for its nodes; with shards it asks each for those it has.
func (c *Client) Members(ctx context.Context, shards bool) ([]Member, error) {
	path := "/v1/nodes"
	if shards {
		path += "?output=verbose"
	}
	var answer struct {
		Nodes []Member `json:"nodes"`
	}
	err := c.rest(ctx, call{name: "members", method: http.MethodGet, path: path, into: &answer, repeatable: true})
	return answer.Nodes, err
}

// Timeout returns what bounds a request.
func (c *Client) Timeout() time.Duration { return c.options.Timeout }

// refuseEmpty is the ErrInvalid for a name that is missing.
func refuseEmpty(what, name string) error {
	if name == "" {
		return domain.Errorf(domain.ErrInvalid, "%s has no name", what)
	}
	return nil
}
