// Package engines chooses what finds the neighbors in a database: which engine makes its
// graph, from which size on it has one, and what settings that engine takes.
package engines

import (
	"strings"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Set is the engines of a build. It does not change, and is safe for concurrent use.
type Set struct {
	flat    ports.BufferEngine
	graphs  []ports.Engine
	usual   string // the engine of databases that name none
	flatMax func(dims int) int
}

// New returns the set of an exact engine and of engines of graphs, the default first.
// usual is the engine of databases that name none, "" the default; ErrUnsupported if there
// is no such engine. flatMax says up to how many vectors a database has no graph; nil is
// up to where an exact search is as fast.
func New(flat ports.BufferEngine, graphs []ports.Engine, usual string, flatMax func(dims int) int) (*Set, error) {
	s := &Set{flat: flat, graphs: graphs, usual: usual, flatMax: flatMax}
	if s.flatMax == nil {
		s.flatMax = defaultFlatMax
	}
	if s.usual == "" {
		s.usual = s.Names()[0]
	}
	return s, s.Check(s.usual)
}

// defaultFlatMax is up to how many vectors an exact search is as fast as a walk over the
// graph: 3,500 at 100 components, fewer of longer ones, where the walk's codes pay. See
// DESIGN.md, "Buffer and graph", for the measurement.
func defaultFlatMax(dims int) int { return max(2000, 5500-20*dims) }

// FlatMax is up to how many vectors of dims components a database has no graph.
func (s *Set) FlatMax(dims int) int { return s.flatMax(max(dims, 1)) }

// Outgrown reports whether a database with the given engine setting and n vectors of dims
// components is to have a graph.
func (s *Set) Outgrown(setting string, dims int, n int64) bool {
	return s.Graph(setting) != nil && n > int64(s.FlatMax(dims))
}

// Names returns the names of the engines a database can have, the default of this build
// first.
func (s *Set) Names() []string {
	names := make([]string, 0, len(s.graphs)+1)
	for _, e := range s.graphs {
		names = append(names, e.Name())
	}
	return append(names, s.flat.Name())
}

// Check refuses an engine that this build does not have.
func (s *Set) Check(name string) error {
	for _, have := range s.Names() {
		if name == have {
			return nil
		}
	}
	return domain.Errorf(domain.ErrUnsupported, "this build has no engine %q: it has %s", name, strings.Join(s.Names(), ", "))
}

// Name returns the engine that serves a database with the given setting: a database made
// by a build with other engines is served by this one's default.
func (s *Set) Name(setting string) string {
	if setting == "" || s.Check(setting) != nil {
		return s.usual
	}
	return setting
}

// Graph returns the graph engine for a database with the given setting, or nil if it is to
// be searched exactly whatever its size.
func (s *Set) Graph(setting string) ports.Engine {
	name := s.Name(setting)
	for _, e := range s.graphs {
		if e.Name() == name {
			return e
		}
	}
	return nil
}

// NewBuffer returns an empty exact index for info.
func (s *Set) NewBuffer(info domain.Database) (ports.Buffer, error) {
	return s.flat.NewBuffer(ports.IndexSettings{Metric: info.Metric, Dims: info.Dims})
}

// NewGraph returns an empty graph for a database with settings set, which is to have one.
func (s *Set) NewGraph(set domain.Settings) (ports.VectorIndex, error) {
	return s.Graph(set.Engine).New(GraphSettings(set))
}

// GraphSettings are those of the graph of a database. The beam width of searches comes with
// each of them, so that it can be changed.
func GraphSettings(set domain.Settings) ports.IndexSettings {
	return ports.IndexSettings{Metric: set.Metric, Dims: set.Dims, M: set.M, EfConstruction: set.EfConstruction, Storage: set.Storage}
}

// CheckSettings refuses an engine that is not there, and what the engine cannot do: found
// out later, the database would have chunks and no graph.
func (s *Set) CheckSettings(set domain.Settings) error {
	if set.Engine != "" {
		if err := s.Check(set.Engine); err != nil {
			return err
		}
	}
	engine := s.Graph(set.Engine)
	if engine == nil {
		if set.M != 0 || set.EfConstruction != 0 || set.EfSearch != 0 {
			return domain.Errorf(domain.ErrInvalid, "m, ef_construction and ef_search are those of a graph, which engine %q does not make", s.Name(set.Engine))
		}
		engine = s.flat
	}
	set.Dims = max(1, set.Dims)
	if set.Metric == "" {
		set.Metric = domain.DefaultMetric
	}
	probe := GraphSettings(set)
	probe.EfSearch = set.EfSearch
	index, err := engine.New(probe)
	if err != nil {
		return err
	}
	return index.Close()
}
