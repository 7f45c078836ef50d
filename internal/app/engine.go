package app

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// engineNames returns the names of the engines a database can have, the default of this
// build first.
func (s *Service) engineNames() []string {
	names := make([]string, 0, len(s.engines)+1)
	for _, e := range s.engines {
		names = append(names, e.Name())
	}
	return append(names, s.flat.Name())
}

// checkEngine refuses an engine that this build does not have.
func (s *Service) checkEngine(name string) error {
	for _, have := range s.engineNames() {
		if name == have {
			return nil
		}
	}
	return domain.Errorf(domain.ErrUnsupported, "this build has no engine %q: it has %s", name, strings.Join(s.engineNames(), ", "))
}

// engineName returns the engine that serves a database with the given setting: a
// database made by a build with other engines is served by this one's default.
func (s *Service) engineName(setting string) string {
	if setting == "" || s.checkEngine(setting) != nil {
		return s.auto
	}
	return setting
}

// engineOf returns the graph engine for a database with the given setting, or nil if it
// is to be searched exactly whatever its size.
func (s *Service) engineOf(setting string) ports.Engine {
	name := s.engineName(setting)
	for _, e := range s.engines {
		if e.Name() == name {
			return e
		}
	}
	return nil
}

func indexSettings(info domain.Database) ports.IndexSettings {
	return ports.IndexSettings{
		Metric: info.Metric, Dims: info.Dims,
		M: info.M, EfConstruction: info.EfConstruction, EfSearch: info.EfSearch, Storage: info.Storage,
	}
}

// graphSettings are those of the graph of a database. The beam width of searches comes with
// each of them, so that it can be changed.
func graphSettings(set domain.Settings, dims int) ports.IndexSettings {
	return ports.IndexSettings{Metric: set.Metric, Dims: dims, M: set.M, EfConstruction: set.EfConstruction, Storage: set.Storage}
}

// defaultFlatMax is up to how many vectors an exact search is as fast as a walk over the
// graph: 3,500 at 100 components, fewer of longer ones, where the walk's codes pay. See
// DESIGN.md, "Tail and graph", for the measurement.
func defaultFlatMax(dims int) int { return max(2000, 5500-20*dims) }

// searchClock tells whether somebody has searched of late.
type searchClock struct{ last atomic.Int64 } // nanoseconds since start

var start = time.Now()

// searchPause is how long after a search another one is expected.
const searchPause = 200 * time.Millisecond

func (c *searchClock) touch() { c.last.Store(int64(time.Since(start)) + 1) }

func (c *searchClock) recent() bool {
	last := c.last.Load()
	return last != 0 && time.Since(start)-time.Duration(last) < searchPause
}
