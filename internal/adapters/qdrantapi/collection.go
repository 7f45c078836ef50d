package qdrantapi

import (
	"context"
	"sync"

	"github.com/memista/memista/internal/adapters/qdrantapi/config"
	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/encode"
	"github.com/memista/memista/internal/adapters/qdrantapi/filter"
	"github.com/memista/memista/internal/adapters/qdrantapi/find"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/adapters/web/observe"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/filterlang"
)

// nameParam is the path parameter with the name of a collection or of an alias.
const nameParam = "collection"

// target is the collection that a request is about.
type target struct {
	collection.Collection
	name     string // by which the caller knows it
	config   *config.Config
	settings domain.Settings
	in       *decode.Collection
}

// own reports whether the Qdrant API has made the collection: its chunks are points then.
func (t *target) own() bool { return t.Keys == collection.PointKeys }

// find returns the collection that the path names, if the caller's key reaches it.
func (a *api) find(c call) (*target, error) {
	name, err := c.PathValue(nameParam)
	if err != nil {
		return nil, err
	}
	col, err := a.cols.Find(c.Context(), collection.Name{Space: collection.DefaultSpace, Name: name})
	if err != nil {
		return nil, nameMissing(name, err)
	}
	if !c.Reaches(col.Called()) {
		return nil, said.NoCollection(name)
	}
	settings, err := a.cols.Settings(c.Context(), col)
	if err != nil {
		return nil, nameMissing(name, err)
	}
	t := &target{Collection: col, name: name, settings: settings}
	t.config, t.in, err = a.configs.of(&col, &settings)
	return t, err
}

// nameMissing is err, in the words for a collection that is not there where it says so.
func nameMissing(name string, err error) error { return (&target{name: name}).inWords(err) }

// configs keeps what the configurations of collections say.
type configs struct {
	mu    sync.Mutex
	known map[int64]known // by the numbers of databases
}

type known struct {
	text    string // as it is stored
	sparse  domain.SparseNames
	vectors domain.NamedVectors
	config  *config.Config
	in      *decode.Collection
}

// mostConfigs is how many configurations are kept.
const mostConfigs = 1000

// of returns what the configuration of col says, with the vectors that its database, which has
// the settings set, declares.
func (s *configs) of(col *collection.Collection, set *domain.Settings) (*config.Config, *decode.Collection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.known[col.Number]; ok && k.text == col.Config && k.sparse == set.Sparse && k.vectors == set.Vectors {
		return k.config, k.in, nil
	}
	conf, err := config.Parse(col.Config)
	if err != nil {
		return nil, nil, err
	}
	if conf, err = conf.Declaring(set.Sparse); err != nil {
		return nil, nil, err
	}
	own := col.Keys == collection.PointKeys // else it may have vectors that are not in its configuration
	in := &decode.Collection{Dense: conf.Dense, Sparse: map[string]bool{}, Named: map[string]domain.NamedVector{}}
	for v := range set.Vectors.All() {
		in.Named[v.Name] = v
		in.OnlyNamed = own
	}
	in.Keys, in.Texts = collections.KeyForm(col.Keys), conf.Texts()
	for _, name := range conf.SparseNames {
		in.Sparse[name] = true
	}
	in.HasVector = func(name string) (filterlang.Filter, error) {
		if own && !in.IsDense(name) && !in.Sparse[name] {
			return filter.Nothing(), nil
		}
		return filterlang.Filter{}, said.Unsupported("memista does not filter by which vectors points have")
	}
	if len(s.known) >= mostConfigs {
		clear(s.known)
	}
	if s.known == nil {
		s.known = map[int64]known{}
	}
	s.known[col.Number] = known{col.Config, set.Sparse, set.Vectors, &conf, in}
	return &conf, in, nil
}

// finder returns what answers queries about t.
func (a *api) finder(c call, t *target) *find.Finder {
	f := &find.Finder{Uses: a.uses, Of: find.Collection{
		ID: t.ID, Number: t.Number, Metric: t.settings.Metric, Dims: t.settings.Dims, FullText: t.settings.FullText != "", Embedder: t.settings.Embedder.Provider != "", In: t.in,
	}}
	if t.own() {
		f.Of.Ranges = map[string]bool{}
		for path, field := range t.config.Fields {
			switch field.Type {
			case "integer", "float", "datetime", "uuid":
				f.Of.Ranges[path] = true
			}
		}
	}
	f.Observe = func(found *app.Found) { observe.Search(c.Call, t.ID, observe.Found(*found), a.opts.SlowQuery) }
	return f
}

// points returns what writes points of t.
func (a *api) points(t *target, parts decode.Parts) *encode.Points {
	return &encode.Points{
		Parts: parts, Keys: t.in.Keys, Metric: t.settings.Metric, Dense: t.config.Dense, Named: t.config.Named, Sparse: t.config.SparseNames, Many: t.settings.Vectors,
		TextAside: !t.own(), Limit: a.uses.Limits().Answer,
	}
}

// write runs a change of t, and answers with what has become of it.
func (a *api) write(c call, t *target, fn func(ctx context.Context) error) error {
	if err := fn(c.Patient()); err != nil {
		return t.inWords(err)
	}
	return c.sendAppended(func(b []byte) ([]byte, error) { return encode.AppendUpdate(b, a.changes.Add(1)), nil })
}
