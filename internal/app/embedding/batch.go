package embedding

import (
	"context"

	"github.com/memista/memista/internal/ports"
)

// batch is texts that are embedded together, for whoever wants one of them.
type batch struct {
	keys    []ports.EmbeddingKey
	texts   []string
	purpose ports.Purpose
	dims    int
	cancel  context.CancelFunc
	waiting int // callers; guarded by Cache.mu

	done       chan struct{} // closed when the fields below are set
	embeddings [][]float32   // as keys; to be copied
	err        error
}

// flight is the place of one text that is under way.
type flight struct {
	batch *batch
	at    int
}

// run embeds b, keeps what it brings and tells those who wait.
func (c *Cache) run(ctx context.Context, b *batch) {
	defer c.running.Done()
	defer b.cancel()
	missing, err := c.embed(ctx, b)
	c.mu.Lock()
	b.err = err
	if err == nil {
		c.counts.StoreHits += uint64(len(b.keys) - len(missing))
		for i, key := range b.keys {
			c.kept.put(key, b.embeddings[i])
		}
	}
	c.land(b)
	c.mu.Unlock()
	close(b.done)
	if err == nil {
		c.storePut(context.WithoutCancel(ctx), b, missing)
	}
}

// embed sets the embeddings of b, and returns the places of those that were not stored.
func (c *Cache) embed(ctx context.Context, b *batch) ([]int, error) {
	b.embeddings = c.storeGet(ctx, b)
	var missing []int
	var texts []string
	for i, e := range b.embeddings {
		if e == nil {
			missing, texts = append(missing, i), append(texts, b.texts[i])
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	es, err := c.ask(ctx, texts, b.purpose)
	if at, ok := Place(err); ok && at < len(missing) {
		return nil, moved(err, missing[at])
	}
	if err != nil {
		return nil, err
	}
	for k, i := range missing {
		b.embeddings[i] = es[k]
	}
	return missing, nil
}

// storeGet returns what the store has of b, nil where it has nothing.
func (c *Cache) storeGet(ctx context.Context, b *batch) [][]float32 {
	found := make([][]float32, len(b.keys))
	if c.store == nil || b.purpose != ports.PurposeDocument {
		return found
	}
	es, err := c.store.Get(ctx, b.keys)
	if ctx.Err() != nil {
		return found
	}
	if err != nil || len(es) != len(b.keys) {
		c.storeFailed()
		return found
	}
	for i, e := range es {
		if len(e) == b.dims {
			found[i] = e
		}
	}
	return found
}

// storePut gives the store what it did not have.
func (c *Cache) storePut(ctx context.Context, b *batch, places []int) {
	if c.store == nil || b.purpose != ports.PurposeDocument || len(places) == 0 {
		return
	}
	keys, es := make([]ports.EmbeddingKey, len(places)), make([][]float32, len(places))
	for k, i := range places {
		keys[k], es[k] = b.keys[i], b.embeddings[i]
	}
	if c.store.Put(ctx, keys, es) != nil {
		c.storeFailed()
	}
}

func (c *Cache) storeFailed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.StoreErrors++
}

// leave says that one caller less waits for b. With the last one it ends.
func (c *Cache) leave(b *batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b.waiting--; b.waiting == 0 {
		c.land(b) // so that nobody joins what is given up
		b.cancel()
	}
}

// land takes the texts of b out of those under way.
func (c *Cache) land(b *batch) {
	for _, key := range b.keys {
		if c.flights[key].batch == b {
			delete(c.flights, key)
		}
	}
}
