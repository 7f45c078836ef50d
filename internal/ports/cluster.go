package ports

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Cluster is another system, of several nodes, that keeps chunks and searches them. It knows
// rooms and documents; what databases are is told by the documents. Implementations are safe
// for concurrent use.
//
// What Put, Delete and PutDocument have acknowledged as many nodes have as the consistency of
// the cluster says, and Get and Document see it. Near, Words, Scan and Count ask one copy of
// each part of a room, which may be behind.
type Cluster interface {
	Rooms
	ClusterRows
	ClusterSearch
	Documents
	// Health says what is wrong with the cluster, as far as is known: nil, or an error that
	// wraps ErrUnavailable, ErrReadOnly, ErrDiskFull or ErrConflict. It asks nobody.
	Health() []domain.Problem
	// Usable is nil if the cluster answers and is one that can be used, as far as is known, else
	// an ErrUnavailable that says why not, or ErrClosed.
	Usable() error
	// Close ends calls under way with ErrClosed. It may be called twice.
	Close() error
}

// Room is where the chunks of one life of a database lie.
type Room struct {
	Class, Tenant string
	Metric        domain.Metric
	Life          domain.Incarnation // chunks with keys are named by it and their keys
	FullText      domain.Tokenizer
}

// Rooms makes and drops rooms.
type Rooms interface {
	// NewRoom makes a room for the life of a database with settings set.
	NewRoom(ctx context.Context, life domain.Incarnation, set *domain.Settings) (Room, error)
	// DropRoom drops it with everything in it. One that is not there is no error.
	DropRoom(ctx context.Context, r Room) error
}

// ClusterRows writes and reads chunks. A room that is not there is ErrNotFound.
type ClusterRows interface {
	// IDOfKey returns the id of the chunk with a key, which depends on room and key alone.
	IDOfKey(r Room, key string) int64
	// Put stores chunks that have ids, in place of those that have them already. ExpiresAt is
	// kept to the microsecond, Sequence is not. An error may leave some of them stored.
	Put(ctx context.Context, r Room, chunks []domain.Chunk) error
	// Get returns the chunks that refs name, in their order, those that expired among them;
	// those that are not there are left out.
	Get(ctx context.Context, r Room, refs []domain.Ref, fields domain.Fields) ([]domain.Chunk, error)
	// Delete removes chunks that were read from r; those that are not there are no error. An
	// error may leave some of them deleted.
	Delete(ctx context.Context, r Room, chunks []domain.Chunk) error
	// DeleteExpired removes chunks without keys that expired at now.
	DeleteExpired(ctx context.Context, r Room, now int64) error
	// Scan returns up to limit chunks with ids above after in the order of their ids, and
	// whether there are more.
	Scan(ctx context.Context, r Room, after int64, limit int, fields domain.Fields) (page []domain.Chunk, more bool, err error)
	// Count returns how many chunks a filter may select: at least those that it does, and
	// exactly those if exact. nil selects all. Chunks that expired at now do not count.
	Count(ctx context.Context, r Room, f *filterlang.Filter, now int64) (n int64, exact bool, err error)
}

// ClusterQuery asks for the chunks that are best by a vector, or by words.
type ClusterQuery struct {
	Vector []float32
	Words  []string // by BM25; nil: by Vector. With neither in no order
	All    bool     // only chunks with every word
	K      int      // at most MaxClusterK
	Filter *filterlang.Filter
	Fields domain.Fields
}

// MaxClusterK is how many chunks one ClusterQuery may ask for.
const MaxClusterK = 10_000

// ClusterHit is a chunk that was found.
type ClusterHit struct {
	domain.Chunk
	Distance float32 // of a query by Vector, as domain.Metric.Distance has it
	Score    float32 // of a query by Words; higher is better
}

// ClusterSearch finds chunks.
type ClusterSearch interface {
	// Find returns the K best chunks, best first, of those that the filter selects and some
	// more perhaps: whoever asks has to compare them with the filter again, with when they
	// expire, too. Fewer than K means that there are no others.
	Find(ctx context.Context, r Room, q ClusterQuery) ([]ClusterHit, error)
}

// LockTime is how long a lock is had at most.
const LockTime = 10 * time.Second

// Documents keeps small documents by name, apart from chunks.
type Documents interface {
	// Document returns a document, or ErrNotFound.
	Document(ctx context.Context, name string) ([]byte, error)
	// PutDocument stores a document in place of the one with the name.
	PutDocument(ctx context.Context, name string, raw []byte) error
	// Lock waits until nobody else has the lock with a name, and takes it. It is let go by
	// unlock, which may be called once, and by itself LockTime after Lock was called: whoever has
	// it writes nothing any more when held returns false. If ctx ends first it is ErrBusy.
	Lock(ctx context.Context, name string) (held func() bool, unlock func(), err error)
}
