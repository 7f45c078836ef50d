package nodes

import (
	"context"
	"time"
)

// missed is how many checks in a row without an answer open the circuit of a node.
const missed = 2

// watch asks n in the background whether it is ready, until the pool is closed.
func (p *Pool) watch(n *Node) {
	ticker := time.NewTicker(p.options.Every)
	defer ticker.Stop()
	for misses := 0; ; {
		ctx, cancel := context.WithTimeout(p.closed, max(p.options.Every, time.Second))
		err := p.options.Check(ctx, n)
		cancel()
		switch {
		case p.closed.Err() != nil:
			return
		case err == nil:
			misses = 0
			p.up(n)
		default:
			misses++
			if f := asFault(err); f != nil && (!f.Sent || misses >= missed) {
				p.down(n, &Fault{Err: f.Err, Down: true})
			}
		}
		select {
		case <-ticker.C:
		case <-p.closed.Done():
			return
		}
	}
}

// Check asks every node once and returns how many are ready, with the last failure.
func (p *Pool) Check(ctx context.Context) (ready int, err error) {
	for _, n := range p.nodes {
		checked, cancel := context.WithTimeout(ctx, max(p.options.Every, time.Second))
		failure := p.options.Check(checked, n)
		cancel()
		if failure == nil {
			ready++
			p.up(n)
			continue
		}
		err = failure
	}
	return ready, err
}
