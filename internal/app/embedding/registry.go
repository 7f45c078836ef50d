package embedding

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Opener opens the model of one provider that is called model. It touches no network.
type Opener func(model string) (ports.Embedder, error)

// Registry opens embedders by name, once each, with a cache in front. It is safe for
// concurrent use.
type Registry struct {
	openers map[string]Opener
	usual   domain.EmbedderRef
	options Options

	mu     sync.Mutex // guards all below
	open   map[domain.EmbedderRef]*Cache
	closed bool
}

var _ ports.Embedders = (*Registry)(nil)

// NewRegistry returns a registry of providers by name. usual is the embedder of databases
// that name none; the zero one is none. o is for each cache.
func NewRegistry(openers map[string]Opener, usual domain.EmbedderRef, o Options) *Registry {
	return &Registry{openers: openers, usual: usual, options: o, open: map[domain.EmbedderRef]*Cache{}}
}

// Open implements ports.Embedders.
func (r *Registry) Open(_ context.Context, ref domain.EmbedderRef) (ports.Embedder, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, domain.ErrClosed
	}
	if c := r.open[ref]; c != nil {
		return c, nil
	}
	opener := r.openers[ref.Provider]
	if opener == nil {
		return nil, domain.Errorf(domain.ErrInvalid, "there is no embedder %q: this memista has %s", ref.Provider, r.providers())
	}
	e, err := opener(ref.Model)
	if err != nil {
		return nil, err
	}
	c := NewCache(e, r.options)
	r.open[ref] = c
	return c, nil
}

// providers lists the names of the providers.
func (r *Registry) providers() string {
	if len(r.openers) == 0 {
		return "none"
	}
	var names []string
	for name := range r.openers {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// Default implements ports.Embedders.
func (r *Registry) Default() (domain.EmbedderRef, bool) {
	return r.usual, r.usual != domain.EmbedderRef{}
}

// Stats sums up the counts of all caches.
func (r *Registry) Stats() (sum Stats) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.open {
		s := c.Stats()
		sum.Hits, sum.Shared, sum.StoreHits, sum.Misses = sum.Hits+s.Hits, sum.Shared+s.Shared, sum.StoreHits+s.StoreHits, sum.Misses+s.Misses
		sum.StoreErrors, sum.Entries, sum.Bytes = sum.StoreErrors+s.StoreErrors, sum.Entries+s.Entries, sum.Bytes+s.Bytes
	}
	return sum
}

// Close implements ports.Embedders.
func (r *Registry) Close() error {
	r.mu.Lock()
	r.closed = true
	open := r.open
	r.open = map[domain.EmbedderRef]*Cache{}
	r.mu.Unlock()
	var errs []error
	for _, c := range open {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
