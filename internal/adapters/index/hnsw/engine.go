package hnsw

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/ports"
)

const engineName = "hnsw"

// Engine makes graphs. Its zero value is ready to use.
type Engine struct{}

var _ ports.FileEngine = Engine{}

// Name implements ports.Engine.
func (Engine) Name() string { return engineName }

// Extension implements ports.FileEngine.
func (Engine) Extension() string { return "hnsw" }

// New implements ports.Engine. The kinds of storage are f32, bf16 and i8; the kind
// chosen for "" is i8 under ip and cosine, f32 under l2. An index whose i8 or bf16 turns out
// too coarse for its vectors changes to f32, which takes less memory than i8 with originals
// beside it; Stats tells the kind in use.
func (Engine) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	sh, err := memory.NewShape(s)
	if err != nil {
		return nil, err
	}
	return newIndex(graph.New(sh)), nil
}
