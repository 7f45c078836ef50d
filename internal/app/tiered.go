package app

import (
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

// newTiered returns an empty index for the database info, whose buffer is tail.
func newTiered(info domain.Database, tail ports.VectorIndex, now func() time.Time) *projection {
	p := &projection{dims: info.Dims, set: info.Settings, tail: tail, now: now, applied: info}
	p.deadlines.settle()
	return p
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

// graphIndex returns the graph; nil: everything is in the tail.
func (p *projection) graphIndex() ports.VectorIndex {
	if g := p.graph.Load(); g != nil {
		return g.VectorIndex
	}
	return nil
}

// hasGraph reports whether there is a graph.
func (p *projection) hasGraph() bool { return p.graph.Load() != nil }

// settings are those that p was made for; those of its database may have changed since.
func (p *projection) settings() domain.Settings { return p.set }

// flatIndex returns the tail.
func (p *projection) flatIndex() ports.VectorIndex { return p.tail }

// current is the last change that p has.
func (p *projection) current() domain.Database {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.applied
}

// add takes in rows that p is made of.
func (p *projection) add(page []domain.Chunk) error {
	err := p.tail.Add(idsAndVectors(page))
	p.expects(page)
	return err
}

// bytes is the memory that p takes.
func (p *projection) bytes() int64 {
	n := p.tail.Stats().Bytes + p.deadlines.bytes.Load()
	if g := p.graph.Load(); g != nil {
		n += g.Stats().Bytes
	}
	return n
}

func idsAndVectors(chunks []domain.Chunk) (ids []int64, vectors [][]float32) {
	ids, vectors = make([]int64, len(chunks)), make([][]float32, len(chunks))
	for i := range chunks {
		ids[i], vectors[i] = chunks[i].ID, chunks[i].Embedding
	}
	return ids, vectors
}

// mayShrink reports whether there is a graph that may go when the database is small.
func (p *projection) mayShrink() bool { return p.hasGraph() && !p.keepsGraph.Load() }

// keepGraph has the graph stay also when the database becomes small.
func (p *projection) keepGraph() { p.keepsGraph.Store(true) }
