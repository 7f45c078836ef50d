package hnsw_test

import (
	"testing"

	"github.com/memista/memista/internal/adapters/hnsw"
	"github.com/memista/memista/internal/ports/indextest"
)

func TestSuite(t *testing.T) {
	indextest.Run(t, indextest.Config{Engine: hnsw.Engine{}, Auditor: true})
}
