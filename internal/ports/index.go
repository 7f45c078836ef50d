package ports

import (
	"context"
	"iter"

	"github.com/memista/memista/internal/domain"
)

// IndexSettings are what an index must know of its database.
type IndexSettings struct {
	Metric         domain.Metric
	Dims           int
	M              int    // links per node; 0: the engine's default
	EfConstruction int    // 0: the engine's default
	EfSearch       int    // 0: the engine's default, which may adapt to size and data
	Storage        string // kind of codes; "": the engine's default
}

// Query asks an index for the K nearest neighbors of Vector.
type Query struct {
	Vector []float32
	K      int
	Ef     int   // beam width of a graph; 0: the index's own; raised to K where smaller
	Exact  bool  // compare with every (allowed) vector
	Allow  IDSet // only these ids may come back; nil: all
	// Omit is an id without which the query is to be answered as far as the index can: a
	// graph does not walk over its vector, which would lead the way to its own neighbors. It
	// may come back all the same. 0: none.
	Omit int64
	// Into, if it has room, receives the neighbors, so that a caller who keeps it
	// searches without allocating.
	Into []domain.Neighbor
}

// IndexStats describes an index.
type IndexStats struct {
	Engine string // "flat", "hnsw", "usearch", …
	Kind   string // kind of codes in use: "f32", "bf16", "i8", …; an engine may have left the one asked for
	SIMD   string // instruction set of the kernels in use
	Len    int    // vectors that a search can find
	Bytes  int64  // memory held, mapped files excluded
	Mapped int64  // bytes of files mapped
	Dead   int    // removed entries that still take room
}

// VectorIndex finds the nearest neighbors among vectors that are named by positive
// ids. Implementations are safe for concurrent use by any number of goroutines, and
// say in their documentation whether a search can wait for an Add.
type VectorIndex interface {
	// Add stores vectors[i] under ids[i]; an id that is there already is replaced: no
	// search that starts after Add returns sees the old vector, and none sees the id
	// twice. Vectors are copied. A vector of other than Dims components is
	// ErrDimension, a component or length the metric refuses ErrNotFinite or
	// ErrZeroVector, an id < 1 or twice in one call ErrInvalid; the call then stores
	// nothing.
	Add(ids []int64, vectors [][]float32) error

	// Remove takes ids out of the index and returns how many it held; others are
	// passed over. No search that starts after Remove returns finds them.
	Remove(ids []int64) (int, error)

	// Search returns the min(K, allowed vectors) nearest neighbors it can find, nearest
	// first, the lower id first among equals, each id once, with distances exact in
	// float32. K < 1 is ErrInvalid. It returns ctx.Err() if ctx ends before the answer.
	Search(ctx context.Context, q Query) ([]domain.Neighbor, domain.Work, error)

	// Contains reports whether a search could find id.
	Contains(id int64) bool

	// Stats describes the index as it is now.
	Stats() IndexStats

	// Close releases memory and files. It waits for calls that are under way; later
	// calls return ErrClosed. Close may be called twice.
	Close() error
}

// VectorReader is an index that gives back what it holds.
type VectorReader interface {
	// Vector appends the vector stored under id to dst, as the index holds it (unit
	// length under Cosine), and reports whether it is there.
	Vector(id int64, dst []float32) ([]float32, bool)
	// All yields ids and vectors, oldest first, as they are when it is called. A vector
	// is valid until the index is closed and must not be changed.
	All() iter.Seq2[int64, []float32]
}

// Buffer is an exact index that gives back what it holds: searches compare with every
// vector of it, and what is to go to a graph is read from it.
type Buffer interface {
	VectorIndex
	VectorReader
}

// BufferEngine is an Engine whose indexes are buffers.
type BufferEngine interface {
	Engine
	// NewBuffer returns an empty buffer, or ErrUnsupported for settings that it cannot serve.
	NewBuffer(s IndexSettings) (Buffer, error)
}

// Auditor is an index that can tell which of its vectors no search reaches, and repair it.
type Auditor interface {
	// Audit walks the whole index and returns the ids that no search can reach.
	Audit(ctx context.Context) ([]int64, error)
	// Repair makes the ids reachable again, and returns how many it repaired.
	Repair(ctx context.Context, ids []int64) (int, error)
}

// Snapshot says which state of which database an index file holds.
type Snapshot struct {
	Incarnation domain.Incarnation
	Sequence    int64
	Hash        domain.Hash
	// Missing are the chunks of that state that the index has no vector of, or an old one,
	// in ascending order. Whoever opens the file adds them.
	Missing []int64
	// Without are the chunks of that state that have no vector, or none that a search can
	// find, in ascending order.
	Without []int64
}

// Saver is an index that can be written to a file and read back by its Engine's Open.
type Saver interface {
	// Save writes the index to path as the state snap: first to a temporary file beside
	// it, fsynced, then renamed, the directory fsynced. Searches go on. A file at path
	// that is not ours is never overwritten: ErrForeignFile. On error path is as it was.
	// The caller sees to it that no Add or Remove runs meanwhile.
	Save(ctx context.Context, path string, snap Snapshot) error
}

// Engine makes indexes of one kind.
type Engine interface {
	// Name is the engine's name as users write it: "flat", "hnsw", "usearch".
	Name() string
	// New returns an empty index. It returns ErrUnsupported for settings the engine
	// cannot serve (a storage kind, a metric).
	New(s IndexSettings) (VectorIndex, error)
}

// FileEngine is an Engine whose indexes can be kept in files.
type FileEngine interface {
	Engine
	// Extension of the files, without a dot.
	Extension() string
	// Open reads the index in the file at path, made for settings s in the life
	// incarnation. Whatever is doubtful about the file is an error and leaves it as it
	// is: ErrNotFound, ErrForeignFile (no header of ours), ErrStaleSnapshot (other
	// engine, metric, dims, kind or incarnation), ErrCorrupt (any checksum). Every byte
	// that a search could read has been verified when Open returns.
	Open(path string, s IndexSettings, life domain.Incarnation) (VectorIndex, Snapshot, error)
	// Remove removes the file at path, and what a crash left of an attempt to write it.
	// No file is fine; one that is not ours stays and is ErrForeignFile.
	Remove(path string) error
}
