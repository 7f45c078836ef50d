// Package ids gives chunks without keys ids that no other process of a cluster gives.
package ids

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// An id of a chunk without a key has, from the highest bit on, a zero, a zero that ids of
// chunks with keys do not have, 41 bits of milliseconds, 10 of the number of this process, and
// 11 of a sequence. No two processes have a number at the same time, as the document of nodes
// says, and none gives ids of a time for which it did not have the number.
const (
	nodeBits, sequenceBits = 10, 11

	nodeTime   = 10 * time.Minute // how long a number is had
	nodeMargin = 5 * time.Minute  // how much longer nobody else gets it
)

// epoch is when the time in ids begins.
var epoch = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// IDs gives ids. It is safe for concurrent use.
type IDs struct {
	cluster ports.Cluster
	now     func() time.Time

	mu    sync.Mutex // guards all below
	node  int64
	until time.Time // of node; zero: there is none
	last  int64     // the last id without the node: time and sequence
}

// New returns IDs of a process of its own among those that use c. now is the time of ids.
func New(c ports.Cluster, now func() time.Time) *IDs { return &IDs{cluster: c, now: now} }

// One returns an id that was never given.
func (g *IDs) One(ctx context.Context) (int64, error) {
	list, err := g.Some(ctx, 1)
	if err != nil {
		return 0, err
	}
	return list[0], nil
}

// Some returns n ids that were never given, ascending, above all that g has given.
func (g *IDs) Some(ctx context.Context, n int) ([]int64, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]int64, n)
	for i := range list {
		g.last = max(g.last+1, g.now().Sub(epoch).Milliseconds()<<sequenceBits)
		ms := g.last >> sequenceBits
		if err := g.hold(ctx, epoch.Add(time.Duration(ms)*time.Millisecond)); err != nil {
			return nil, err
		}
		list[i] = ms<<(nodeBits+sequenceBits) | g.node<<sequenceBits | g.last&(1<<sequenceBits-1)
	}
	return list, nil
}

// holder is who has a number, and until when.
type holder struct {
	Until int64 `json:"until"` // milliseconds since 1970
}

// hold sees to it that the number of this process is its own at the moment at.
func (g *IDs) hold(ctx context.Context, at time.Time) error {
	if at.Before(g.until) {
		return nil
	}
	held, unlock, err := g.cluster.Lock(ctx, "nodes")
	if err != nil {
		return err
	}
	defer unlock()
	nodes := map[string]holder{}
	raw, err := g.cluster.Document(ctx, "nodes")
	switch {
	case errors.Is(err, domain.ErrNotFound):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(raw, &nodes); err != nil {
			return err
		}
	}
	now := g.now()
	mine := strconv.FormatInt(g.node, 10)
	if g.until.IsZero() || nodes[mine].Until != g.until.UnixMilli() {
		if mine = free(nodes, now); mine == "" {
			return domain.Errorf(domain.ErrBusy, "%d processes use the cluster, or have been started in the last minutes: try again in some", 1<<nodeBits)
		}
	}
	until := later(now, at).Add(nodeTime).Truncate(time.Millisecond)
	nodes[mine] = holder{until.UnixMilli()}
	if raw, err = json.Marshal(nodes); err != nil {
		return err
	}
	if !held() {
		return domain.Errorf(domain.ErrBusy, "the cluster took too long to give this process a number: try again")
	}
	if err := g.cluster.PutDocument(ctx, "nodes", raw); err != nil {
		return err
	}
	g.until = until
	g.node, err = strconv.ParseInt(mine, 10, 64)
	return err
}

// free returns a number that nobody has had for long enough; "" if there is none.
func free(nodes map[string]holder, now time.Time) string {
	for n := range 1 << nodeBits {
		name := strconv.Itoa(n)
		h, had := nodes[name]
		if !had || now.After(time.UnixMilli(h.Until).Add(nodeMargin)) {
			return name
		}
	}
	return ""
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
