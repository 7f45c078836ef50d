package remake

import (
	"github.com/memista/memista/internal/adapters/index/hnsw/graph"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
)

// Sample returns the slots that a coding is chosen by, by an older view as well.
func Sample(g *graph.Graph, v *memory.View) []uint32 { return sample(g, v) }
