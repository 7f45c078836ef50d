package domain_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/domain"
)

func TestNamedVectorsAreChecked(t *testing.T) {
	good := domain.NamedVector{Name: "a", Dims: 2}
	for name, list := range map[string][]domain.NamedVector{
		"no name":           {{Dims: 2}},
		"a control":         {{Name: "a\x00b", Dims: 2}},
		"not UTF-8":         {{Name: "\xff", Dims: 2}},
		"a long name":       {{Name: strings.Repeat("x", domain.MaxVectorName+1), Dims: 2}},
		"twice":             {good, {Name: "a", Dims: 3}},
		"no dimension":      {{Name: "a"}},
		"too long":          {{Name: "a", Dims: domain.MaxDims + 1}},
		"an unknown metric": {{Name: "a", Dims: 2, Metric: "far"}},
	} {
		if n, err := domain.NewNamedVectors(list...); !errors.Is(err, domain.ErrInvalid) || n.Len() != 0 {
			t.Errorf("%s: NewNamedVectors = %v, %v; want ErrInvalid", name, n, err)
		}
	}
	many := make([]domain.NamedVector, domain.MaxVectorNames+1)
	for i := range many {
		many[i] = domain.NamedVector{Name: strings.Repeat("x", i+1), Dims: 1}
	}
	if _, err := domain.NewNamedVectors(many...); !errors.Is(err, domain.ErrTooLarge) {
		t.Errorf("NewNamedVectors of %d = %v; want ErrTooLarge", len(many), err)
	}
	if n, err := domain.NewNamedVectors(many[1:]...); err != nil || n.Len() != domain.MaxVectorNames {
		t.Errorf("NewNamedVectors of %d = %d, %v", len(many)-1, n.Len(), err)
	}
}

func TestNamedVectorsAreSorted(t *testing.T) {
	a, b := domain.NamedVector{Name: "a", Dims: 2, Metric: domain.L2}, domain.NamedVector{Name: "b", Dims: 3}
	one, err1 := domain.NewNamedVectors(a, b)
	two, err2 := domain.NewNamedVectors(b, a)
	if err := errors.Join(err1, err2); err != nil || one != two || one.String() != "a (2, l2), b (3, cosine)" {
		t.Errorf("NewNamedVectors = %v and %v, %v; want the same", one, two, err)
	}
	b.Metric = domain.DefaultMetric
	if got := slices.Collect(one.All()); !slices.Equal(got, []domain.NamedVector{a, b}) {
		t.Errorf("All() = %v; want %v, %v", got, a, b)
	}
	if got, err := one.Find("b"); err != nil || got != b {
		t.Errorf("Find(b) = %v, %v; want %v", got, err, b)
	}
	if _, err := one.Find("c"); !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "a (2, l2)") {
		t.Errorf("Find(c) = %v; want ErrInvalid that lists the names", err)
	}
}

func TestVectorsAreChecked(t *testing.T) {
	names, err := domain.NewNamedVectors(domain.NamedVector{Name: "a", Dims: 2, Metric: domain.L2}, domain.NamedVector{Name: "b", Dims: 2})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		v        domain.Vectors
		optional bool
		want     error
	}{
		"none":                       {nil, false, nil},
		"both":                       {domain.Vectors{"a": {1, 2}, "b": {1, 2}}, false, nil},
		"another name":               {domain.Vectors{"c": {1, 2}}, false, domain.ErrInvalid},
		"another dimension":          {domain.Vectors{"a": {1}}, false, domain.ErrDimension},
		"empty":                      {domain.Vectors{"a": nil}, false, domain.ErrDimension},
		"not finite":                 {domain.Vectors{"a": {1, float32(math.Inf(1))}}, false, domain.ErrNotFinite},
		"zero under l2":              {domain.Vectors{"a": {0, 0}}, false, nil},
		"zero under cosine":          {domain.Vectors{"b": {0, 0}}, false, domain.ErrZeroVector},
		"zero where it is permitted": {domain.Vectors{"b": {0, 0}}, true, nil},
	} {
		set := domain.Settings{Metric: domain.InnerProduct, Vectors: names, OptionalEmbeddings: c.optional}
		if err := set.CheckVectors(c.v); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: CheckVectors = %v; want %v", name, err, c.want)
		}
	}
}
