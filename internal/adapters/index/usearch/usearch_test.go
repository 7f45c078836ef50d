//go:build usearch && cgo

package usearch_test

import (
	"testing"

	"github.com/memista/memista/internal/adapters/index/usearch"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

func TestEngine(t *testing.T) {
	indextest.Run(t, indextest.Config{Engine: usearch.Engine{}, Lengths: true, Files: true, Auditor: true, Maintainer: true})
}

// TestGraph passes the suite with every search that is not asked to be exact walking the
// graph, which the engine would not do with indexes as small as these.
func TestGraph(t *testing.T) {
	for _, storage := range []string{"bf16", "f32", "f16", "i8"} {
		t.Run(storage, func(t *testing.T) {
			// When links are made anew depends on time, so graphs differ from run to run, and in
			// some of them one query in twenty finds nothing: hence more queries.
			cfg := indextest.Config{Engine: usearch.Engine{Walk: true}, Lengths: true, Files: true, Auditor: true, Maintainer: true,
				CrowdQueries: 100, Settings: ports.IndexSettings{Storage: storage}}
			if storage == "i8" {
				cfg.Metrics = []domain.Metric{domain.Cosine}
			}
			if storage != "bf16" { // one kind runs the rules at full size
				cfg.Duplicates, cfg.ModelOps = 2000, 1000
			}
			indextest.Run(t, cfg)
		})
	}
}
