package nodes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
)

// Options say which nodes there are. Zero values are the defaults.
type Options struct {
	Addresses []string // of REST, with scheme; at least one
	GRPC      []string // of gRPC, in the same order; none, or as many
	// Timeout bounds a request with all its tries where its context has no earlier deadline;
	// 0 means ten seconds.
	Timeout time.Duration
	// Try bounds the first try of a request that is repeatable, since a node may wait for
	// another one that is gone. The next has twice as long, the last what is left. 0 means an
	// eighth of Timeout.
	Try time.Duration
	// Tries is how often a request is made at most; 0 means three, or one for each node and
	// one more if that is more.
	Tries int
	// Failures is how many tries in a row without an answer open the circuit of a node; 0
	// means three.
	Failures int
	// Every is how often nodes are asked whether they are ready; 0 means a second.
	Every time.Duration
	// Check asks a node whether it is ready. It is given a context that ends after Every, but
	// not before a second.
	Check func(ctx context.Context, n *Node) error
	// Changed, if not nil, is told that a node went down, or is back if err is nil.
	Changed func(n *Node, err error)
	// Again, if not nil, is told that a request is made once more as n failed.
	Again func(n *Node, err error)
}

// defaults of Options.
const (
	defaultTimeout  = 10 * time.Second
	defaultFailures = 3
	defaultEvery    = time.Second
	firstPause      = 200 * time.Millisecond // an open circuit, before a request tries the node
	longestPause    = 5 * time.Second
)

// pauseAfter is how long a circuit stays open after a number of failures.
func (o *Options) pauseAfter(failures int) time.Duration {
	return min(firstPause<<min(max(failures-o.Failures, 0), 10), longestPause)
}

// Pool is the nodes of a cluster. It is safe for concurrent use.
type Pool struct {
	options Options
	nodes   []*Node
	next    atomic.Uint32
	stop    context.CancelFunc
	closed  context.Context
	wait    sync.WaitGroup
}

// New returns a pool and begins to check its nodes. It does not wait for them.
func New(o Options) (*Pool, error) {
	switch {
	case len(o.Addresses) == 0:
		return nil, domain.Errorf(domain.ErrInvalid, "no address of the cluster is given")
	case len(o.GRPC) > 0 && len(o.GRPC) != len(o.Addresses):
		return nil, domain.Errorf(domain.ErrInvalid, "the cluster has %d addresses, but %d of gRPC: give one for each, in the same order, or none", len(o.Addresses), len(o.GRPC))
	}
	o.Timeout, o.Every = cmp.Or(o.Timeout, defaultTimeout), cmp.Or(o.Every, defaultEvery)
	o.Try = cmp.Or(o.Try, o.Timeout/8)
	o.Failures = cmp.Or(o.Failures, defaultFailures)
	o.Tries = cmp.Or(o.Tries, max(3, len(o.Addresses)+1))
	p := &Pool{options: o}
	for i, address := range o.Addresses {
		n := &Node{Index: i, REST: address, inFlight: map[*inFlight]struct{}{}}
		if len(o.GRPC) > 0 {
			n.GRPC = o.GRPC[i]
		}
		p.nodes = append(p.nodes, n)
	}
	p.closed, p.stop = context.WithCancel(context.Background())
	if o.Check != nil {
		for _, n := range p.nodes {
			p.wait.Go(func() { p.watch(n) })
		}
	}
	return p, nil
}

// Close stops the checks. Requests under way end with domain.ErrClosed. It may be called
// twice.
func (p *Pool) Close() {
	p.stop()
	p.wait.Wait()
}

// Nodes returns the nodes, in the order of their addresses.
func (p *Pool) Nodes() []*Node { return p.nodes }

// Do makes a request by try on one node after the other until one answers. A request that is
// not repeatable is made again only where nothing of the failed try was sent. The error is
// what try returned last, that of ctx, domain.ErrClosed, or an ErrUnavailable if no node is
// up or the time was over.
func (p *Pool) Do(ctx context.Context, repeatable bool, try func(ctx context.Context, n *Node) error) error {
	limited, cancel := context.WithTimeout(ctx, p.options.Timeout)
	defer cancel()
	defer context.AfterFunc(p.closed, cancel)()
	var last error
	for tries := 1; ; tries++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := p.pick()
		if n == nil {
			return p.nobody(last)
		}
		err := p.on(limited, n, p.limit(repeatable, tries), try)
		f := asFault(err)
		switch {
		case f == nil:
			return err
		case p.closed.Err() != nil:
			return domain.ErrClosed
		case ctx.Err() != nil:
			return ctx.Err()
		case f.Sent && !repeatable, tries == p.options.Tries, limited.Err() != nil:
			return f.Err
		}
		last = f.Err
		if p.options.Again != nil {
			p.options.Again(n, f.Err)
		}
		if !p.pause(limited, tries, f) {
			return f.Err
		}
	}
}

// limit is how long a try may take, 0: as long as the request.
func (p *Pool) limit(repeatable bool, tries int) time.Duration {
	if !repeatable || tries == p.options.Tries {
		return 0
	}
	return p.options.Try << min(tries-1, 10)
}

// on makes one try, and learns from it about n.
func (p *Pool) on(ctx context.Context, n *Node, limit time.Duration, try func(context.Context, *Node) error) error {
	tried, end := n.begin(ctx)
	if limit > 0 {
		var cancel context.CancelFunc
		tried, cancel = context.WithTimeout(tried, limit)
		defer cancel()
	}
	err := try(tried, n)
	cause := context.Cause(tried)
	end()
	f := asFault(err)
	switch {
	case f == nil && (err == nil || tried.Err() == nil), f != nil && !f.Down:
		p.up(n)
	case errors.Is(cause, errWentDown):
		n.undecided() // what it is known already
		return &Fault{Err: unavailable(n, errWentDown), Sent: true}
	case f != nil && !errors.Is(ctx.Err(), context.Canceled):
		p.down(n, f)
	default:
		n.undecided()
	}
	return err
}

// pick returns the next node that takes requests, nil if there is none.
func (p *Pool) pick() *Node {
	now := time.Now()
	from := p.next.Add(1)
	for i := range p.nodes {
		n := p.nodes[(int(from)+i)%len(p.nodes)]
		if n.admit(now, &p.options) {
			return n
		}
	}
	return nil
}

// pause waits before another try. After a node that is down the next is tried at once, as
// long as there are others.
func (p *Pool) pause(ctx context.Context, tries int, f *Fault) bool {
	if f.Down && tries < len(p.nodes) {
		return true
	}
	const first, longest = 50 * time.Millisecond, time.Second
	d := min(first<<min(tries-1, 10), longest)
	timer := time.NewTimer(d/2 + rand.N(d/2+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (p *Pool) up(n *Node) {
	if n.answered() && p.options.Changed != nil {
		p.options.Changed(n, nil)
	}
}

func (p *Pool) down(n *Node, f *Fault) {
	if n.failed(time.Now(), f, p.options.Failures) && p.options.Changed != nil {
		p.options.Changed(n, f.Err)
	}
}

// nobody is the error where no node takes requests.
func (p *Pool) nobody(last error) error {
	if p.closed.Err() != nil {
		return domain.ErrClosed
	}
	if last == nil {
		for _, n := range p.nodes {
			last = cmp.Or(n.State().Err, last)
		}
	}
	if last == nil {
		return domain.Errorf(domain.ErrUnavailable, "no node of the cluster answers")
	}
	return fmt.Errorf("no node of the cluster answers: %w", last)
}

// unavailable is an ErrUnavailable about n.
func unavailable(n *Node, err error) error {
	return domain.Errorf(domain.ErrUnavailable, "cluster node %s: %s", n.REST, err.Error())
}
