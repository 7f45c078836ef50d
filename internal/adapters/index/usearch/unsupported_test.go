//go:build !usearch || !cgo

package usearch_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/index/usearch"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func TestTheStubSaysHowToBuild(t *testing.T) {
	_, err := usearch.Engine{}.New(ports.IndexSettings{Metric: domain.Cosine, Dims: 4})
	if !errors.Is(err, domain.ErrUnsupported) || !strings.Contains(err.Error(), "make build-usearch") {
		t.Errorf("New = %v; want %v that names make build-usearch", err, domain.ErrUnsupported)
	}
}
