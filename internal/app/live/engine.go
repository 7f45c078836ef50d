package live

import (
	"strings"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Engines returns the names of the engines a database can have, the default of this
// build first.
func (r *Registry) Engines() []string {
	names := make([]string, 0, len(r.engines)+1)
	for _, e := range r.engines {
		names = append(names, e.Name())
	}
	return append(names, r.flat.Name())
}

// CheckEngine refuses an engine that this build does not have.
func (r *Registry) CheckEngine(name string) error {
	for _, have := range r.Engines() {
		if name == have {
			return nil
		}
	}
	return domain.Errorf(domain.ErrUnsupported, "this build has no engine %q: it has %s", name, strings.Join(r.Engines(), ", "))
}

// EngineName returns the engine that serves a database with the given setting: a
// database made by a build with other engines is served by this one's default.
func (r *Registry) EngineName(setting string) string {
	if setting == "" || r.CheckEngine(setting) != nil {
		return r.defaultEngine
	}
	return setting
}

// engineOf returns the graph engine for a database with the given setting, or nil if it
// is to be searched exactly whatever its size.
func (r *Registry) engineOf(setting string) ports.Engine {
	name := r.EngineName(setting)
	for _, e := range r.engines {
		if e.Name() == name {
			return e
		}
	}
	return nil
}

// graphSettings are those of the graph of a database. The beam width of searches comes with
// each of them, so that it can be changed.
func graphSettings(set domain.Settings, dims int) ports.IndexSettings {
	return ports.IndexSettings{Metric: set.Metric, Dims: dims, M: set.M, EfConstruction: set.EfConstruction, Storage: set.Storage}
}

func indexSettings(info domain.Database) ports.IndexSettings {
	return ports.IndexSettings{
		Metric: info.Metric, Dims: info.Dims,
		M: info.M, EfConstruction: info.EfConstruction, EfSearch: info.EfSearch, Storage: info.Storage,
	}
}

// CheckIndex refuses an engine that is not there, and what the engine cannot do: found out
// later, the database would have chunks and no graph.
func (r *Registry) CheckIndex(set domain.Settings) error {
	if set.Engine != "" {
		if err := r.CheckEngine(set.Engine); err != nil {
			return err
		}
	}
	engine := r.engineOf(set.Engine)
	if engine == nil {
		if set.M != 0 || set.EfConstruction != 0 || set.EfSearch != 0 {
			return domain.Errorf(domain.ErrInvalid, "m, ef_construction and ef_search are those of a graph, which engine %q does not make", r.EngineName(set.Engine))
		}
		engine = r.flat
	}
	probe := domain.Database{Settings: set}
	probe.Dims = max(1, set.Dims)
	if probe.Metric == "" {
		probe.Metric = domain.DefaultMetric
	}
	index, err := engine.New(indexSettings(probe))
	if err != nil {
		return err
	}
	return index.Close()
}

// defaultFlatMax is up to how many vectors an exact search is as fast as a walk over the
// graph: 3,500 at 100 components, fewer of longer ones, where the walk's codes pay. See
// DESIGN.md, "Buffer and graph", for the measurement.
func defaultFlatMax(dims int) int { return max(2000, 5500-20*dims) }

// WriteProtected reports whether nothing can be written, neither rows nor index files.
func (r *Registry) WriteProtected() bool { return r.readOnly }
