package tiered

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Index is the vectors of one database as searches see them: those in the buffer,
// compared one by one, and those in the graph. A small database has no graph. A larger
// one takes new vectors into the buffer, where they are found at once, and an indexer
// moves them to the graph.
//
// A vector that moves is added to the graph before it leaves the buffer, and a search
// looks at the buffer first, so it cannot miss one. A vector that is replaced or removed
// while the graph cannot be changed (it is on its way there, or the graph is being
// written to a file) is among the tombstones: searches pass over what the graph says of it, and it
// is taken out of the graph when that is possible.
type Index struct {
	dims   int
	set    domain.Settings // that it was made for; those of its database may change
	buffer ports.Buffer
	lacked bool // was made of rows for which there should have been a graph
	now    func() time.Time

	expiries expiries
	without  without

	graph atomic.Pointer[graph]      // nil: everything is in the buffer
	tombs atomic.Pointer[tombstones] // nil: nothing is

	changes atomic.Int64 // vectors that were added, replaced or removed by commits

	losses atomic.Int64 // how often searches were to pass over vectors of the graph from then on

	keepsGraph atomic.Bool // also when it becomes small: someone wanted it so

	using  sync.RWMutex // held for reading by a search, for writing by close
	closed bool         // guarded by using

	mu         sync.Mutex         // guards all below, and orders changes of buffer and graph
	queue      []pendingAdd       // what is in the buffer for the graph, oldest first
	moving     map[int64]struct{} // ids on their way from the buffer to the graph
	movedCount int                // vectors that have come to the graph, in the time spent on it
	moveTime   time.Duration
	busy       bool              // an indexer is at work
	idle       chan struct{}     // closed when it has finished
	failed     error             // why it stopped before p was searched
	ends       []domain.Database // of commits whose last vectors are moving
	indexed    domain.Database   // all changes up to its Sequence are in the graph
	applied    domain.Database   // all changes up to its Sequence are in buffer or graph

	frozen     bool          // the graph is being saved
	completeAt int64         // sequence at which the graph has what it lacked when it was begun, or read
	keptSince  int64         // the repository remembers the changes from that sequence on
	unsaved    int64         // changes of the graph that its file does not have
	saved      int64         // sequence up to which all changes are in the graph in the file
	savedAt    time.Time     // when it was last written, or tried, or the graph was begun
	saveTook   time.Duration // the last time
	keptAt     time.Time     // when it was last written, or read, or the graph was begun
}

type graph struct{ ports.VectorIndex }

// pendingAdd is a vector in the buffer, or with id 0 the end of a commit. There is one for each
// vector that the graph lacks, so it is small.
type pendingAdd struct {
	id  int64
	end *domain.Database
}

// ErrReplaced says that an index was closed because another has taken its place.
var ErrReplaced = errors.New("projection was replaced")

// New returns an empty index for the database info, whose buffer is the exact index given.
func New(info domain.Database, buffer ports.Buffer, now func() time.Time) *Index {
	p := &Index{dims: info.Dims, set: info.Settings, buffer: buffer, now: now, applied: info}
	p.expiries.publish()
	return p
}

// Close releases buffer and graph when the searches on them have finished.
func (p *Index) Close() error {
	p.using.Lock()
	defer p.using.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	err := p.buffer.Close()
	if g := p.graph.Load(); g != nil {
		err = errors.Join(err, g.Close())
	}
	return err
}

// Graph returns the graph; nil: everything is in the buffer.
func (p *Index) Graph() ports.VectorIndex {
	if g := p.graph.Load(); g != nil {
		return g.VectorIndex
	}
	return nil
}

// HasGraph reports whether there is a graph.
func (p *Index) HasGraph() bool { return p.graph.Load() != nil }

// GraphSize is how many vectors are in the graph.
func (p *Index) GraphSize() int {
	if g := p.graph.Load(); g != nil {
		return g.Stats().Len
	}
	return 0
}

// Settings are those that p was made for; those of its database may have changed since.
func (p *Index) Settings() domain.Settings { return p.set }

// MadeFor reports whether p has vectors by the embedder of set and measures by its metric.
func (p *Index) MadeFor(set *domain.Settings) bool {
	return p.set.Metric == set.Metric && p.set.Embedder == set.Embedder
}

// Buffer returns the buffer.
func (p *Index) Buffer() ports.Buffer { return p.buffer }

// Applied is the last change that p has.
func (p *Index) Applied() domain.Database {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.applied
}

// AddRows takes in rows that p is made of.
func (p *Index) AddRows(page []domain.Chunk) error {
	p.noteExpiries(page)
	return p.addVectors(page, p.set.OptionalEmbeddings)
}

// Changed is how many vectors commits have added, replaced or removed since p was made.
func (p *Index) Changed() int64 { return p.changes.Load() }

// Bytes is the memory that p takes.
func (p *Index) Bytes() int64 {
	n := p.buffer.Stats().Bytes + p.expiries.bytes.Load() + p.without.bytes()
	if g := p.graph.Load(); g != nil {
		n += g.Stats().Bytes
	}
	return n
}

// MayShrink reports whether there is a graph that may go when the database is small.
func (p *Index) MayShrink() bool { return p.HasGraph() && !p.keepsGraph.Load() }

// KeepGraph has the graph stay also when the database becomes small.
func (p *Index) KeepGraph() { p.keepsGraph.Store(true) }
