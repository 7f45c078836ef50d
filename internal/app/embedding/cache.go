package embedding

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/waiting"
)

var _ ports.Embedder = (*Cache)(nil)

// Options say what a Cache keeps.
type Options struct {
	// Bytes bounds the embeddings that are kept in memory; 0 keeps none. Texts that are
	// under way are still embedded once for all who ask.
	Bytes int64
	// Store keeps embeddings of documents beyond memory; nil is none. What goes wrong with
	// it is counted, and the texts are embedded.
	//
	// It is not asked for queries: they are short and many, and settings that change them,
	// such as a prefix, are not part of the fingerprint.
	Store ports.EmbeddingStore
	// InProcess are providers whose models run in this process: a Registry uses no store for
	// them, and callers that wait for them keep what they hold.
	InProcess []string
}

// Cache is an embedder that keeps embeddings by the fingerprint of the model, the purpose
// and the hash of the text. Texts that several callers want at once are embedded once. It
// is safe for concurrent use.
type Cache struct {
	inner     ports.Embedder
	store     ports.EmbeddingStore
	inProcess bool        // inner runs in this process
	known     atomic.Bool // the model has been asked for

	mu      sync.Mutex // guards all below
	closed  bool
	running sync.WaitGroup // calls and batches; Add is guarded, so that Close waits for all
	kept    kept
	flights map[ports.EmbeddingKey]flight
	counts  Stats
}

// Stats are counts of texts since the start, and what is kept now.
type Stats struct {
	Hits        uint64 // found in memory
	Shared      uint64 // under way for somebody else already, or twice in one call
	StoreHits   uint64 // found in the store
	Misses      uint64 // embedded
	StoreErrors uint64 // calls of the store that failed

	Calls    uint64        // of the embedder that brought embeddings
	Failures uint64        // of the embedder, by its own or its provider's fault
	Took     time.Duration // in all calls of the embedder, one beside the other added up

	Entries int   // embeddings in memory
	Bytes   int64 // about what they take
}

// add adds the counts of another cache.
func (s *Stats) add(o Stats) {
	s.Hits, s.Shared, s.StoreHits, s.Misses = s.Hits+o.Hits, s.Shared+o.Shared, s.StoreHits+o.StoreHits, s.Misses+o.Misses
	s.Calls, s.Failures, s.Took = s.Calls+o.Calls, s.Failures+o.Failures, s.Took+o.Took
	s.StoreErrors, s.Entries, s.Bytes = s.StoreErrors+o.StoreErrors, s.Entries+o.Entries, s.Bytes+o.Bytes
}

// NewCache returns a cache in front of inner, which is the cache's from now on: Close
// closes it.
func NewCache(inner ports.Embedder, o Options) *Cache {
	return &Cache{inner: inner, store: o.Store, inProcess: o.InProcess != nil, kept: newKept(o.Bytes), flights: map[ports.EmbeddingKey]flight{}}
}

// Model returns the model of the embedder behind c.
func (c *Cache) Model(ctx context.Context) (m domain.Model, err error) {
	ask := func() error {
		m, err = c.inner.Model(ctx)
		return err
	}
	if c.inProcess || c.known.Load() {
		err = ask()
	} else {
		err = waiting.For(ctx, ask)
	}
	if err == nil {
		c.known.Store(true)
	}
	if errors.Is(err, domain.ErrEmbedder) {
		c.mu.Lock()
		c.counts.Failures++
		c.mu.Unlock()
	}
	return m, err
}

// Limits returns the limits of the embedder behind c.
func (c *Cache) Limits() ports.EmbedLimits { return c.inner.Limits() }

// Stats returns the counts.
func (c *Cache) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.counts
	s.Entries, s.Bytes = c.kept.entries(), c.kept.bytes
	return s
}

// Embed returns the embedding of each text, as ports.Embedder has it. A caller whose
// context ends leaves; what it began goes on while others wait for it.
func (c *Cache) Embed(ctx context.Context, texts []string, purpose ports.Purpose) ([][]float32, error) {
	if err := c.begin(); err != nil {
		return nil, err
	}
	defer c.running.Done()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return [][]float32{}, nil
	}
	model, err := c.Model(ctx)
	if err != nil {
		return nil, err
	}
	// The batch of another caller can fail because of a text that is none of ours. It is
	// rare that this happens twice; then nothing is shared.
	const rounds = 2
	r := newRequest(model, c.inner.Limits(), texts, purpose)
	for range rounds {
		err = c.fill(ctx, r)
		if !errors.Is(err, errOthers) {
			break
		}
	}
	if errors.Is(err, errOthers) {
		var out [][]float32
		err = c.waitFor(ctx, func() (err error) {
			out, err = c.ask(ctx, texts, purpose)
			return err
		})
		return out, err
	}
	if err != nil {
		return nil, err
	}
	return r.out, nil
}

// fill takes what is kept for r, and has the rest embedded. Nothing is begun for a caller who
// may not wait for it.
func (c *Cache) fill(ctx context.Context, r *request) error {
	if c.take(r) {
		return nil
	}
	return c.waitFor(ctx, func() error { return r.wait(ctx, c, c.join(ctx, r)) })
}

// take takes what is kept for r, and reports whether that is all.
func (c *Cache) take(r *request) (all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all = true
	for i, key := range r.keys {
		if r.out[i] != nil {
			continue
		}
		e, ok := c.kept.get(key)
		if !ok {
			all = false
			continue
		}
		r.out[i] = slices.Clone(e)
		c.counts.Hits++
	}
	return all
}

// waitFor calls fn, which waits for the embedder: one outside of this process is waited for
// without what the caller holds.
func (c *Cache) waitFor(ctx context.Context, fn func() error) error {
	if c.inProcess {
		return fn()
	}
	return waiting.For(ctx, fn)
}

// ask calls the embedder behind c and counts.
func (c *Cache) ask(ctx context.Context, texts []string, purpose ports.Purpose) ([][]float32, error) {
	began := time.Now()
	es, err := c.inner.Embed(ctx, texts, purpose)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Took += time.Since(began)
	switch {
	case err == nil:
		c.counts.Calls++
		c.counts.Misses += uint64(len(texts))
	case errors.Is(err, domain.ErrEmbedder):
		c.counts.Failures++
	}
	return es, err
}

// Close closes the embedder behind c and waits for all calls.
func (c *Cache) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	err := c.inner.Close()
	c.running.Wait()
	return err
}

func (c *Cache) begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return domain.ErrClosed
	}
	c.running.Add(1)
	return nil
}

// join takes what is kept for r, joins the batches that its other texts are part of, and
// starts one for the texts that nobody has asked for. It returns the batches.
func (c *Cache) join(ctx context.Context, r *request) []*batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	own := &batch{purpose: r.purpose, dims: r.dims, done: make(chan struct{})}
	var batches []*batch
	for i, key := range r.keys {
		if r.out[i] != nil {
			continue
		}
		if e, ok := c.kept.get(key); ok {
			r.out[i] = slices.Clone(e)
			c.counts.Hits++
			continue
		}
		f, ok := c.flights[key]
		if ok {
			c.counts.Shared++
		} else {
			f = flight{own, len(own.keys)}
			c.flights[key] = f
			own.keys, own.texts = append(own.keys, key), append(own.texts, r.texts[i])
		}
		r.flights[i] = f
		if !slices.Contains(batches, f.batch) {
			batches = append(batches, f.batch)
			f.batch.waiting++
		}
	}
	if len(own.keys) > 0 {
		var inner context.Context
		inner, own.cancel = context.WithCancel(context.WithoutCancel(ctx))
		c.running.Add(1)
		go c.run(inner, own)
	}
	return batches
}
