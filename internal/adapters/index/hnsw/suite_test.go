package hnsw_test

import (
	"testing"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// suite says what the engine promises. The sizes are such that a walk answers, not a
// scan; the race detector makes everything ten times slower.
func suite(storage string) indextest.Config {
	c := indextest.Config{
		Engine: hnsw.Engine{}, Settings: ports.IndexSettings{Storage: storage},
		Auditor: true, Files: true, Maintainer: true, Anywhere: true, Nearly: true, Lengths: true, Size: 5000,
	}
	if raceDetector {
		c.Size, c.Duplicates, c.ModelOps = 4200, 1000, 600
		c.Dims = []int{1, 33, 100}
	}
	return c
}

func TestSuite(t *testing.T) { indextest.Run(t, suite("")) }
