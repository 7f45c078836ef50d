package capability_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
)

func TestSetsNameWhatTheyHave(t *testing.T) {
	s := capability.Of(capability.Sparse, capability.AtomicBatches)
	if got, want := s.Names(), []string{"atomic_batches", "sparse"}; !slices.Equal(got, want) {
		t.Errorf("Names = %v; want %v", got, want)
	}
	if !s.Has(capability.Sparse) || s.Has(capability.Exact) || s.Without(capability.Sparse).Has(capability.Sparse) || !s.With(capability.Exact).Has(capability.Exact) {
		t.Errorf("Has, With and Without do not agree about %v", s.Names())
	}
	if names := capability.Set(0).Names(); names == nil || len(names) != 0 {
		t.Errorf("Names of nothing = %#v; want an empty list", names)
	}
}

func TestNamesAreSortedAndDifferent(t *testing.T) {
	var all capability.Set
	for c := range capability.All() {
		all = all.With(c)
		if c.String() == "" {
			t.Errorf("capability %d has no name", c)
		}
	}
	names := all.Names()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("Names = %v; want them sorted, each once", names)
	}
}

func TestRefusalsSayWhatIsMissing(t *testing.T) {
	err := capability.Refuse(capability.Sparse, "a cluster keeps no sparse vectors")
	if !errors.Is(err, domain.ErrUnsupported) || !strings.Contains(err.Error(), "keeps no sparse vectors") || !strings.Contains(err.Error(), "it has no sparse") {
		t.Errorf("Refuse = %v", err)
	}
}
