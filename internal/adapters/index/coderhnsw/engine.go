//go:build coderhnsw

package coderhnsw

import (
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

const (
	engineName = "coderhnsw"
	kindF32    = "f32"
)

// Engine makes indexes over coder/hnsw. Its zero value is ready to use.
type Engine struct{}

var _ ports.Engine = Engine{}

// Name implements ports.Engine.
func (Engine) Name() string { return engineName }

// New implements ports.Engine. The only storage is f32.
func (Engine) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	if _, err := domain.ParseMetric(string(s.Metric)); err != nil || s.Metric == "" {
		return nil, domain.Errorf(domain.ErrUnsupported, "coderhnsw does not know the metric %q", s.Metric)
	}
	if s.Storage != "" && s.Storage != kindF32 {
		return nil, domain.Errorf(domain.ErrUnsupported, "coderhnsw has no storage %q: use f32", s.Storage)
	}
	if s.Dims < 1 || s.Dims > domain.MaxDims || s.M < 0 || s.M == 1 || s.EfSearch < 0 || s.EfConstruction < 0 {
		return nil, domain.Errorf(domain.ErrUnsupported, "coderhnsw cannot serve dims %d, m %d, ef %d", s.Dims, s.M, s.EfSearch)
	}
	ix := &Index{settings: s, vectors: make(map[int64]entry)}
	ix.restart()
	return ix, nil
}
