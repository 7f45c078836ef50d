package hnsw_test

import (
	"os"
	"testing"

	"github.com/memista/memista/internal/ports/indextest"
)

// TestKinds runs the whole suite on the kinds that are not the default under some
// metric, when asked to: the default run has them in TestKindsFindTheSame.
func TestKinds(t *testing.T) {
	if os.Getenv("MEMISTA_ALL_KINDS") == "" {
		t.Skip("set MEMISTA_ALL_KINDS=1 to run the suite on every kind of storage")
	}
	for _, kind := range []string{"f32", "bf16", "i8"} {
		t.Run(kind, func(t *testing.T) { indextest.Run(t, suite(kind)) })
	}
}
