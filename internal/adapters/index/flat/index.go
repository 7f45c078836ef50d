package flat

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/index/simd"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Engine makes flat indexes.
type Engine struct{}

// Index is an exact index. All its methods are safe for concurrent use; no search waits
// for an Add, a Remove or a compaction, only they wait for each other.
type Index struct {
	metric domain.Metric
	dims   int
	gate   *gate
	view   atomic.Pointer[view]
	mu     sync.Mutex // held by the writer; guards dead
	dead   int        // slots in the store that no view of now or later sees
}

// view is the state of the index at one version. It does not change.
type view struct {
	store   *store
	table   *table
	slots   uint32 // slots of the store that exist at this version
	version uint64
	live    int
}

var (
	_ ports.BufferEngine = Engine{}
	_ ports.Buffer       = (*Index)(nil)
)

// Name returns "flat".
func (Engine) Name() string { return "flat" }

// New is NewBuffer, for those who want any index.
func (e Engine) New(s ports.IndexSettings) (ports.VectorIndex, error) { return e.NewBuffer(s) }

// NewBuffer returns an empty *Index. Vectors are kept as float32, so Storage may be "" or
// "f32"; the settings of graphs do not matter.
func (Engine) NewBuffer(s ports.IndexSettings) (ports.Buffer, error) {
	ix, err := New(s.Metric, s.Dims)
	if err != nil {
		return nil, err
	}
	if s.Storage != "" && s.Storage != "f32" {
		return nil, domain.Errorf(domain.ErrUnsupported, "the flat engine stores f32, not %q", s.Storage)
	}
	return ix, nil
}

// New returns an empty index for vectors of dims components.
func New(m domain.Metric, dims int) (*Index, error) {
	if !slices.Contains(domain.Metrics[:], m) {
		return nil, domain.Errorf(domain.ErrUnsupported, "the flat engine does not know the metric %q", m)
	}
	if dims < 1 || dims > domain.MaxDims {
		return nil, domain.Errorf(domain.ErrInvalid, "dims must be from 1 to %d, not %d", domain.MaxDims, dims)
	}
	ix := &Index{metric: m, dims: dims, gate: newGate()}
	ix.view.Store(&view{store: newStore(dims), table: newTable(0)})
	return ix, nil
}

// Contains reports whether a search could find id.
func (ix *Index) Contains(id int64) bool {
	if !ix.gate.enter() {
		return false
	}
	defer ix.gate.leave()
	_, ok := ix.view.Load().find(id)
	return ok
}

// Vector appends the vector of id, as it is compared with queries (for cosine that is
// normalised), to dst, and reports whether the index holds one.
func (ix *Index) Vector(id int64, dst []float32) ([]float32, bool) {
	if !ix.gate.enter() {
		return dst, false
	}
	defer ix.gate.leave()
	v := ix.view.Load()
	slot, ok := v.find(id)
	if !ok {
		return dst, false
	}
	return append(dst, v.store.vector(slot)...), true
}

// All yields the ids and vectors that the index holds when All is called, whatever
// writers do meanwhile, the longest stored first. Vectors are as Vector returns them,
// belong to the index, and must not be changed. Close waits for the end of an
// iteration, so it must not be called from inside.
func (ix *Index) All() iter.Seq2[int64, []float32] {
	v := ix.view.Load()
	return func(yield func(int64, []float32) bool) {
		if !ix.gate.enter() {
			return
		}
		defer ix.gate.leave()
		for slot := range v.slots {
			b, row := v.store.at(slot)
			if b.alive(row, v.version) && !yield(b.ids[row], v.store.vector(slot)) {
				return
			}
		}
	}
}

// Len returns how many vectors a search can find.
func (ix *Index) Len() int { return ix.view.Load().live }

// Stats describes the index as it is now.
func (ix *Index) Stats() ports.IndexStats {
	v := ix.view.Load()
	return ports.IndexStats{
		Engine: Engine{}.Name(),
		Kind:   "f32",
		SIMD:   simd.Level(),
		Len:    v.live,
		Bytes:  v.store.bytes() + int64(len(v.table.cells)*4),
		Dead:   int(v.slots) - v.live,
	}
}

// Close gives up the vectors and waits for calls that are under way. Later calls return
// ErrClosed.
func (ix *Index) Close() error {
	if ix.gate.close() {
		ix.view.Store(&view{store: newStore(ix.dims), table: newTable(0)})
	}
	return nil
}
