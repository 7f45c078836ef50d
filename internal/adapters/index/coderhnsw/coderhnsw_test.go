//go:build coderhnsw

package coderhnsw_test

import (
	"testing"

	"github.com/memista/memista/internal/adapters/index/coderhnsw"
	"github.com/memista/memista/internal/ports/indextest"
)

// recallFloor is what this library reaches on the small sets of the suite (0.45 was the
// lowest seen); on 100,000 word vectors it is below 0.15.
const recallFloor = 0.25

func TestSuite(t *testing.T) {
	indextest.Run(t, indextest.Config{
		Engine: coderhnsw.Engine{}, RecallFloor: recallFloor, Size: 2000, Duplicates: 500, ModelOps: 1000,
	})
}
