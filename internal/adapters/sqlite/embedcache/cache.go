package embedcache

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite/commit"
	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/maintenance"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

const (
	// flushAfter is how long embeddings wait for others to be written with. What a crash
	// loses was put within it.
	flushAfter = 2 * time.Second
	// maxPending is how many bytes may wait; whoever puts more writes them.
	maxPending = 4 << 20
	// maxRequest is about how many bytes are written in one transaction.
	maxRequest = 1 << 20
	// touchAfter is how exactly it is known when an embedding was used last: a search for
	// the same one within it writes nothing.
	touchAfter = time.Hour
)

// changes is what requests of the cache change. No database has this name, so readers of
// databases keep their snapshots.
const changes = "(embeddings)"

// Cache is a ports.EmbeddingStore in the data file. It is safe for concurrent use.
type Cache struct {
	bound           int64 // of the bytes of what is kept
	pool            *conn.Pool
	do              func(context.Context, *commit.Request) error // of the writer
	now             func() time.Time
	trim            *maintenance.Task
	while           time.Duration    // after which what is not to be kept is removed
	there, unwanted bool             // the tables are there, and are to be removed; of the writer
	pace            maintenance.Pace // of trim

	writing sync.Mutex // held while pending is being written, before mu

	mu      sync.Mutex // guards all below
	pending map[ports.EmbeddingKey]waiting
	queue   []turn                      // of pending, in the order of Put; whose number is not that of pending is over
	turns   uint64                      // given so far
	touched map[ports.EmbeddingKey]bool // were used, and not lately
	bytes   int64                       // of pending
	timer   *time.Timer                 // of the next write; nil where nothing waits
	failed  error                       // of a write that nobody waited for
	closed  bool
}

// waiting is an embedding that is to be written, with the number of its turn.
type waiting struct {
	embedding []float32
	turn      uint64
}

// turn is when the embedding of a key is written.
type turn struct {
	key    ports.EmbeddingKey
	number uint64
}

var _ ports.EmbeddingStore = (*Cache)(nil)

// New returns a cache of at most bytes, as EntryBytes counts them; 0 keeps nothing, and
// after a while removes what is there: a command that is told less than the server is over
// before. Prepare and Connect come before all other calls.
func New(bytes int64, while time.Duration) *Cache {
	c := &Cache{
		bound: bytes, while: while, pace: maintenance.Pace{N: 64, Min: 8, Max: 4096},
		pending: map[ports.EmbeddingKey]waiting{}, touched: map[ports.EmbeddingKey]bool{},
	}
	c.trim = &maintenance.Task{Step: c.trimStep}
	return c
}

// Task is the maintenance that brings what is there under the bound, where that was
// lowered. It is looked at when the file is opened.
func (c *Cache) Task() *maintenance.Task { return c.trim }

// Connect gives c readers, the writer's Do and a clock.
func (c *Cache) Connect(pool *conn.Pool, do func(context.Context, *commit.Request) error, now func() time.Time) {
	c.pool, c.do, c.now = pool, do, now
	if c.bound > 0 || !c.there {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(c.while, func() {
		_ = c.do(context.Background(), &commit.Request{Database: changes, Run: func(*conn.Conn) error {
			c.unwanted = true
			c.trim.Want()
			return nil
		}})
	})
}

// Put keeps embeddings for the next write, and writes them itself where many wait. It
// returns the error of a write before, if nobody has been told of that one.
func (c *Cache) Put(ctx context.Context, keys []ports.EmbeddingKey, embeddings [][]float32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(keys) != len(embeddings) {
		return domain.Errorf(domain.ErrInvalid, "%d embeddings for %d keys", len(embeddings), len(keys))
	}
	full, err := c.put(keys, embeddings)
	if err == nil && full {
		err = c.flush(ctx)
	}
	return err
}

// put reports whether so much waits that it has to be written now.
func (c *Cache) put(keys []ports.EmbeddingKey, embeddings [][]float32) (full bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false, domain.ErrClosed
	}
	for i, key := range keys {
		if old, ok := c.pending[key]; ok {
			c.bytes -= EntryBytes(len(old.embedding))
		}
		c.turns++
		c.pending[key] = waiting{slices.Clone(embeddings[i]), c.turns}
		c.queue = append(c.queue, turn{key, c.turns})
		c.bytes += EntryBytes(len(embeddings[i]))
	}
	c.schedule()
	err, c.failed = c.failed, nil
	return c.bytes >= min(maxPending, c.bound), err
}

// schedule has what waits written. c.mu is held.
func (c *Cache) schedule() {
	if c.timer == nil && len(c.pending)+len(c.touched) > 0 {
		c.timer = time.AfterFunc(flushAfter, c.later)
	}
}

// later writes what waits, with nobody to tell.
func (c *Cache) later() {
	if err := c.flush(context.Background()); err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.failed = err
	}
}

// flush writes what waits, a part at a time so that others can write in between. What
// fails is given up.
func (c *Cache) flush(ctx context.Context) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	for {
		b, bytes := c.take()
		if len(b.keys)+len(b.touched) == 0 {
			return nil
		}
		err := c.do(ctx, &commit.Request{Bytes: int(bytes), Database: changes, Run: b.write})
		c.written(b, err != nil)
		if err != nil {
			return err
		}
	}
}

// take returns what is to be written next, in the order of Put, so that the oldest goes
// first where there is not room for all. It stays findable until it is written.
func (c *Cache) take() (b batch, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	b = batch{bound: c.bound, used: c.hour()}
	for _, t := range c.queue {
		if bytes >= maxRequest {
			break
		}
		b.turns++
		if w := c.pending[t.key]; w.turn == t.number {
			b.keys, b.embeddings = append(b.keys, t.key), append(b.embeddings, w.embedding)
			bytes += EntryBytes(len(w.embedding))
		}
	}
	for key := range c.touched {
		b.touched = append(b.touched, key)
	}
	clear(c.touched)
	return b, bytes
}

// written takes b, or all if writing fails, out of what waits.
func (c *Cache) written(b batch, failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if failed {
		clear(c.pending)
		clear(c.touched)
		c.queue, c.bytes = nil, 0
		return
	}
	for _, t := range c.queue[:b.turns] {
		if w, ok := c.pending[t.key]; ok && w.turn == t.number {
			delete(c.pending, t.key)
			c.bytes -= EntryBytes(len(w.embedding))
		}
	}
	if c.queue = c.queue[b.turns:]; len(c.queue) == 0 {
		c.queue = nil
	}
}

// hour is the time by which uses are told apart.
func (c *Cache) hour() int64 { return c.now().Unix() / int64(touchAfter/time.Second) }

// Close writes what waits; the writer must still be there. Later calls return ErrClosed.
// It may be called twice.
func (c *Cache) Close() error {
	c.mu.Lock()
	closed := c.closed
	c.closed = true
	c.mu.Unlock()
	if closed || c.do == nil {
		return nil
	}
	return c.flush(context.Background())
}
