package compose

import (
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/adapters/index/usearch"
	"github.com/memista/memista/internal/ports"
)

// graphs returns the graph engines of this build, its default first.
func graphs() []ports.Engine {
	var engines []ports.Engine
	if usearch.Supported {
		engines = append(engines, usearch.Engine{})
	}
	engines = append(engines, hnsw.Engine{})
	return append(engines, extra()...)
}
