//go:build usearch && cgo

package usearch

import (
	"math"
	"runtime"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Supported reports whether this build has the engine.
const Supported = true

// name is what users and index files call the engine.
const name = "usearch"

// Engine makes indexes that USearch searches. Its zero value is ready to use.
type Engine struct {
	// Walk makes every search that does not ask for exactness walk the graph, also
	// where comparing with all candidates is faster. Tests use it, so that what they
	// pass is the graph.
	Walk bool
}

var _ ports.FileEngine = Engine{}

// Name returns "usearch".
func (Engine) Name() string { return name }

// Extension returns "usearch".
func (Engine) Extension() string { return name }

// The graph's settings where nothing else is asked for: those that its measurements were
// made with, and that other engines use too.
const (
	defaultM              = 16
	defaultEfConstruction = 128
)

// plan is what settings come to.
type plan struct {
	ports.IndexSettings
	metric  graphMetric
	kind    graphKind
	threads int
	walk    bool
}

// graphDims returns the dimension of the vectors in the graph: under inner product they
// have one component more than what was sent, see lift.go.
func (p *plan) graphDims() int {
	if p.lifted() {
		return p.Dims + 1
	}
	return p.Dims
}

// kinds are the codes a graph can hold, by the names users write.
var kinds = map[string]graphKind{"f32": f32, "bf16": bf16, "f16": f16, "i8": i8}

// resolve fills in defaults and refuses what the engine cannot do.
func (e Engine) resolve(s ports.IndexSettings) (plan, error) {
	if s.Storage == "" {
		s.Storage = "bf16"
	}
	if s.M == 0 {
		s.M = defaultM
	}
	if s.EfConstruction == 0 {
		s.EfConstruction = defaultEfConstruction
	}
	kind, ok := kinds[s.Storage]
	if !ok {
		return plan{}, domain.Errorf(domain.ErrUnsupported, "engine usearch has no storage %q: use f32, bf16, f16 or i8", s.Storage)
	}
	p := plan{IndexSettings: s, kind: kind, threads: max(4, runtime.GOMAXPROCS(0)), walk: e.Walk}
	switch s.Metric {
	case domain.InnerProduct, domain.Cosine:
		p.metric = innerProduct
	case domain.L2:
		p.metric = squaredL2
	default:
		return plan{}, domain.Errorf(domain.ErrUnsupported, "engine usearch has no metric %q", s.Metric)
	}
	if kind == i8 && s.Metric != domain.Cosine {
		return plan{}, domain.Errorf(domain.ErrUnsupported, "storage i8 keeps directions and no lengths, so it needs the cosine metric")
	}
	if s.Dims < 1 || s.Dims > domain.MaxDims {
		return plan{}, domain.Errorf(domain.ErrUnsupported, "dimension %d is out of range", s.Dims)
	}
	if s.M < 2 || s.M > 512 || s.EfConstruction < 1 || s.EfConstruction > 10000 {
		return plan{}, domain.Errorf(domain.ErrUnsupported, "graph settings out of range: m %d (2 to 512), ef_construction %d (1 to 10000)", s.M, s.EfConstruction)
	}
	return p, nil
}

// maxF16 is the largest number that f16 codes hold; a larger one would become infinite
// and spoil every distance it takes part in.
const maxF16 = 65504

// check reports why v can be neither stored nor searched for.
func (p *plan) check(v []float32) error {
	if len(v) != p.Dims {
		return domain.DimensionMismatch(p.Dims, len(v))
	}
	if err := p.Metric.CheckVector(v); err != nil {
		return err
	}
	if p.kind == f16 && p.Metric != domain.Cosine {
		for i, x := range v {
			if x > maxF16 || x < -maxF16 {
				return domain.Errorf(domain.ErrNotFinite, "embedding component %d is beyond ±65504, the range of storage f16: use bf16 or f32", i)
			}
		}
	}
	return nil
}

// prepare copies v to dst as the graph wants it: scaled to length one under cosine, and
// padded with zeros.
func (p *plan) prepare(dst, v []float32) {
	n := copy(dst, v)
	clear(dst[n:])
	if p.Metric != domain.Cosine {
		return
	}
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	scale := 1 / math.Sqrt(sum)
	for i, x := range v {
		dst[i] = float32(float64(x) * scale)
	}
}

// Version returns the version of the linked USearch.
func Version() string { return libraryVersion() }

// Acceleration returns the instruction set that USearch's distance functions use here;
// "serial" means none, which a build of ours never should.
func Acceleration() (string, error) {
	g, err := newGraph(&plan{IndexSettings: ports.IndexSettings{Dims: 128, M: defaultM, EfConstruction: defaultEfConstruction},
		metric: innerProduct, kind: bf16, threads: 1})
	if err != nil {
		return "", err
	}
	defer g.close()
	return g.acceleration(), nil
}

// New returns an empty index.
func (e Engine) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	p, err := e.resolve(s)
	if err != nil {
		return nil, err
	}
	g, err := newGraph(&p)
	if err != nil {
		return nil, err
	}
	return newIndex(p, newGeneration(&p, g)), nil
}
