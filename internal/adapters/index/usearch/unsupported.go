//go:build !usearch || !cgo

package usearch

import (
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Supported reports whether this build has the engine.
const Supported = false

// Engine stands in for the engine that this build lacks.
type Engine struct{}

var _ ports.Engine = Engine{}

// Name returns "usearch".
func (Engine) Name() string { return "usearch" }

// New returns ErrUnsupported with a message that says how to get the engine.
func (Engine) New(ports.IndexSettings) (ports.VectorIndex, error) {
	return nil, domain.Errorf(domain.ErrUnsupported, "engine usearch is not in this build: make one with `make build-usearch`")
}
