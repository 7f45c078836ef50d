package embedding

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Opener opens the model of one provider that is called model. It touches no network.
type Opener func(model string) (ports.Embedder, error)

// maxModels bounds the models that are open at once: any caller who may make a database
// can name one, and each keeps connections and a cache.
const maxModels = 256

// Registry opens embedders by name, once each, with a cache in front. It is safe for
// concurrent use.
type Registry struct {
	openers map[string]Opener
	usual   domain.EmbedderRef
	options Options

	mu     sync.Mutex // guards all below
	open   map[domain.EmbedderRef]*opened
	closed bool
}

// opened is an embedder, or will be: reading a model can take a while, which those who want
// another one need not wait for.
type opened struct {
	once  sync.Once // sets both below
	cache atomic.Pointer[Cache]
	err   error
}

var _ ports.Embedders = (*Registry)(nil)

// NewRegistry returns a registry of providers by name. usual is the embedder of databases
// that name none; the zero one is none. o is for each cache.
func NewRegistry(openers map[string]Opener, usual domain.EmbedderRef, o Options) *Registry {
	return &Registry{openers: openers, usual: usual, options: o, open: map[domain.EmbedderRef]*opened{}}
}

// Open implements ports.Embedders.
func (r *Registry) Open(_ context.Context, ref domain.EmbedderRef) (ports.Embedder, error) {
	o, err := r.entry(ref)
	if err != nil {
		return nil, err
	}
	o.once.Do(func() {
		var e ports.Embedder
		if e, o.err = r.openers[ref.Provider](ref.Model); o.err == nil {
			options := r.options
			if slices.Contains(options.InProcess, ref.Provider) {
				options.Store = nil
			} else {
				options.InProcess = nil
			}
			o.cache.Store(NewCache(e, options))
		}
	})
	if o.err != nil {
		r.forget(ref, o)
		return nil, o.err
	}
	return o.cache.Load(), nil
}

// entry returns the place of ref.
func (r *Registry) entry(ref domain.EmbedderRef) (*opened, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, domain.ErrClosed
	}
	if o := r.open[ref]; o != nil {
		return o, nil
	}
	if r.openers[ref.Provider] == nil {
		return nil, domain.Errorf(domain.ErrNoProvider, "there is no embedder %q: this memista has %s", ref.Provider, r.known())
	}
	if err := ref.Check(); err != nil {
		return nil, err
	}
	if len(r.open) >= maxModels {
		return nil, domain.Errorf(domain.ErrLimit, "%d models are in use, and no more are opened until memista starts again", maxModels)
	}
	o := new(opened)
	r.open[ref] = o
	return o, nil
}

// forget lets the next one try again to open ref.
func (r *Registry) forget(ref domain.EmbedderRef, o *opened) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open[ref] == o {
		delete(r.open, ref)
	}
}

// known lists the providers in a message.
func (r *Registry) known() string {
	if len(r.openers) == 0 {
		return "none"
	}
	return strings.Join(r.Providers(), ", ")
}

// Providers implements ports.Embedders.
func (r *Registry) Providers() []string { return slices.Sorted(maps.Keys(r.openers)) }

// Default implements ports.Embedders.
func (r *Registry) Default() (domain.EmbedderRef, bool) {
	return r.usual, r.usual != domain.EmbedderRef{}
}

// Stats sums up the counts of all caches.
func (r *Registry) Stats() (sum Totals) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.open {
		if c := o.cache.Load(); c != nil {
			sum.Models++
			sum.add(c.Stats())
		}
	}
	return sum
}

// Totals are the counts of all models of a registry.
type Totals struct {
	Models int // that are open
	Stats
}

// Close implements ports.Embedders.
func (r *Registry) Close() error {
	r.mu.Lock()
	r.closed = true
	open := r.open
	r.open = map[domain.EmbedderRef]*opened{}
	r.mu.Unlock()
	var g errgroup.Group // each waits for its calls
	for _, o := range open {
		g.Go(func() error {
			o.once.Do(func() { o.err = domain.ErrClosed })
			if c := o.cache.Load(); c != nil {
				return c.Close()
			}
			return nil
		})
	}
	return g.Wait()
}
