package app

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// projection is the vectors of one database as searches see them: those in the tail,
// compared one by one, and those in the graph. A small database has no graph. A larger
// one takes new vectors into the tail, where they are found at once, and an indexer
// moves them to the graph.
//
// A vector that moves is added to the graph before it leaves the tail, and a search
// looks at the tail first, so it cannot miss one. A vector that is replaced or removed
// while the graph cannot be changed (it is on its way there, or the graph is being
// written to a file) is in limbo: searches pass over what the graph says of it, and it
// is taken out of the graph when that is possible.
type projection struct {
	dims    int
	set     domain.Settings // that it was made for; those of its database may change
	tail    ports.VectorIndex
	wanting bool // was made of rows for which there should have been a graph
	now     func() time.Time

	deadlines deadlines

	graph atomic.Pointer[graph]   // nil: everything is in the tail
	limbo atomic.Pointer[limboes] // nil: nothing is

	left atomic.Int64 // how often searches were to pass over vectors of the graph from then on

	keepsGraph atomic.Bool // also when it becomes small: somebody wanted it so

	using  sync.RWMutex // held for reading by a search, for writing by close
	closed bool         // guarded by using

	mu      sync.Mutex         // guards all below, and orders changes of tail and graph
	queue   []arrival          // what is in the tail for the graph, oldest first
	moving  map[int64]struct{} // ids on their way from the tail to the graph
	moved   int                // vectors that have come to the graph, in the time spent on it
	spent   time.Duration
	busy    bool              // an indexer is at work
	idle    chan struct{}     // closed when it has finished
	failed  error             // why it stopped before p was searched
	ends    []domain.Database // of commits whose last vectors are moving
	indexed domain.Database   // all changes up to its Sequence are in the graph
	applied domain.Database   // all changes up to its Sequence are in tail or graph

	frozen   bool          // the graph is being saved
	whole    int64         // sequence at which the graph has what it lacked when it was begun, or read
	kept     int64         // the repository remembers the changes from that sequence on
	fresh    int64         // changes of the graph that its file does not have
	saved    int64         // sequence up to which all changes are in the graph in the file
	savedAt  time.Time     // when it was last written, or tried, or the graph was begun
	saveTook time.Duration // the last time
	keptAt   time.Time     // when it was last written, or read, or the graph was begun
}

type graph struct{ ports.VectorIndex }

// arrival is a vector in the tail, or with id 0 the end of a commit. There is one for each
// vector that the graph lacks, so it is small.
type arrival struct {
	id  int64
	end *domain.Database
}

// errReplaced says that a projection was closed because another has taken its place.
var errReplaced = errors.New("projection was replaced")

// search answers q from tail and graph and tells e how.
func (p *projection) search(ctx context.Context, q ports.Query, e *domain.Explain) ([]domain.Neighbor, error) {
	p.using.RLock()
	defer p.using.RUnlock()
	if p.closed {
		return nil, errReplaced
	}
	if err := p.expire(); err != nil {
		return nil, err
	}
	// The order matters. Tail before graph: see the comment of projection. Limbo after
	// the tail: what moves is in the tail until it is in limbo, so the tail had it. What
	// goes to limbo while the graph is saved was not, but then left has changed.
	began := time.Now()
	left := p.left.Load()
	near, work, err := p.tail.Search(ctx, q)
	limbo := p.limbo.Load()
	g := p.graph.Load()
	if err != nil {
		return nil, err
	}
	if work.Visited+work.Distances > 0 {
		e.Tail = domain.Part{Work: work, Vectors: p.tail.Stats().Len, Neighbors: len(near)}
	}
	tailed := time.Now()
	e.Work, e.Candidates, e.Times.Tail = work, len(near), tailed.Sub(began)
	if g == nil {
		return near, nil
	}
	q.Into = nil
	far, work, err := searchGraph(ctx, g, q, limbo)
	if err != nil {
		return nil, err
	}
	e.Graph = domain.Part{Work: work, Vectors: g.Stats().Len, Neighbors: len(far)}
	e.Work = work.Add(e.Work)
	e.Candidates += len(far)
	found := merge(near, far, q.K)
	if p.left.Load() != left {
		// Vectors were replaced meanwhile: the old ones had left the graph, or were in limbo,
		// before it was searched, the new ones came to the tail after that was.
		if near, work, err = p.tail.Search(ctx, q); err != nil {
			return nil, err
		}
		found, e.Work = merge(near, found, q.K), e.Work.Add(work)
	}
	e.Times.Graph = time.Since(tailed)
	return found, nil
}

// limboSlack is how many more neighbors than asked for the graph is asked for while
// something is in limbo. It is seldom more than a handful near one query.
const limboSlack = 16

// searchGraph returns the neighbors that the graph finds outside limbo.
func searchGraph(ctx context.Context, g *graph, q ports.Query, limbo *limboes) ([]domain.Neighbor, domain.Work, error) {
	if limbo == nil {
		return g.Search(ctx, q)
	}
	k := q.K
	q.K = k + min(limboSlack, limbo.n)
	found, work, err := g.Search(ctx, q)
	if err != nil {
		return nil, work, err
	}
	full := len(found) == q.K
	found = limbo.without(found)
	if len(found) < k && full && q.K < k+limbo.n {
		q.K = k + limbo.n
		again, more, err := g.Search(ctx, q)
		return limbo.without(again), work.Add(more), err
	}
	return found, work, nil
}

// merge returns the k nearest of two sorted lists, each id once: of a vector that is in
// both, the one in near counts, which is the newer.
func merge(near, far []domain.Neighbor, k int) []domain.Neighbor {
	if len(near) == 0 {
		return far[:min(k, len(far))]
	}
	newer := make(map[int64]struct{}, len(near))
	for _, n := range near {
		newer[n.ID] = struct{}{}
	}
	out := make([]domain.Neighbor, 0, min(k, len(near)+len(far)))
	for len(out) < k && (len(near) > 0 || len(far) > 0) {
		switch {
		case len(far) == 0 || len(near) > 0 && near[0].Less(far[0]):
			out = append(out, near[0])
			near = near[1:]
		default:
			if _, twice := newer[far[0].ID]; !twice {
				out = append(out, far[0])
			}
			far = far[1:]
		}
	}
	return out
}

// apply brings tail and graph up to a commit. Calls never overlap.
func (p *projection) apply(ch change) error {
	ids, vectors := ch.written()
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.graph.Load()
	if len(ch.commit.Deleted) > 0 {
		if _, err := p.tail.Remove(ch.commit.Deleted); err != nil {
			return err
		}
	}
	if len(ids) > 0 {
		if err := p.tail.Add(ids, vectors); err != nil {
			return err
		}
	}
	ch.expiries(p.deadlines.set)
	p.applied = ch.commit.Database
	if g == nil {
		return nil
	}
	for _, id := range ids {
		p.queue = append(p.queue, arrival{id: id})
	}
	end := ch.commit.Database // by itself, so that it does not keep the vectors of ch
	p.queue = append(p.queue, arrival{end: &end})
	if err := p.leaveGraph(g, ch.commit.Deleted); err != nil {
		return err
	}
	return p.leaveGraph(g, ids)
}

// leaveGraph takes ids out of the graph, or puts them in limbo while that cannot be
// done; p.mu is held.
func (p *projection) leaveGraph(g *graph, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	p.left.Add(1) // before they leave or are in limbo, so that a search which misses them knows of it
	now := ids
	if p.frozen || len(p.moving) > 0 {
		now = make([]int64, 0, len(ids))
		later := map[int64]struct{}{}
		for _, id := range ids {
			if _, moves := p.moving[id]; moves || p.frozen && g.Contains(id) {
				later[id] = struct{}{}
			} else {
				now = append(now, id)
			}
		}
		p.addLimbo(later)
		p.fresh += int64(len(later))
	}
	if len(now) == 0 || p.frozen {
		return nil
	}
	n, err := g.Remove(now)
	p.fresh += int64(n)
	return err
}

func (p *projection) addLimbo(ids map[int64]struct{}) {
	if len(ids) > 0 {
		p.limbo.Store(p.limbo.Load().with(ids))
	}
}

// close releases tail and graph when the searches on them have finished.
func (p *projection) close() error {
	p.using.Lock()
	defer p.using.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	err := p.tail.Close()
	if g := p.graph.Load(); g != nil {
		err = errors.Join(err, g.Close())
	}
	return err
}
