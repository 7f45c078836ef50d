package flat_test

import (
	"testing"

	"github.com/memista/memista/internal/adapters/flat"
	"github.com/memista/memista/internal/ports/indextest"
)

func TestContract(t *testing.T) {
	indextest.Run(t, indextest.Config{Engine: flat.Engine{}, Exact: true})
}
