package domain_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain"
)

func TestSparseVectorsAreChecked(t *testing.T) {
	large := domain.SparseVector{Indices: make([]uint32, domain.MaxSparseEntries+1), Values: make([]float32, domain.MaxSparseEntries+1)}
	for i := range large.Indices {
		large.Indices[i] = uint32(i)
	}
	for name, c := range map[string]struct {
		v    domain.SparseVector
		want error
	}{
		"empty":            {domain.SparseVector{}, nil},
		"in any order":     {domain.SparseVector{Indices: []uint32{9, 0, math.MaxUint32}, Values: []float32{1, 0, -1}}, nil},
		"as large as may":  {domain.SparseVector{Indices: large.Indices[1:], Values: large.Values[1:]}, nil},
		"larger":           {large, domain.ErrTooLarge},
		"more indices":     {domain.SparseVector{Indices: []uint32{1, 2}, Values: []float32{1}}, domain.ErrInvalid},
		"more values":      {domain.SparseVector{Values: []float32{1}}, domain.ErrInvalid},
		"an index twice":   {domain.SparseVector{Indices: []uint32{7, 3, 7}, Values: []float32{1, 2, 3}}, domain.ErrInvalid},
		"no number":        {domain.SparseVector{Indices: []uint32{1}, Values: []float32{float32(math.NaN())}}, domain.ErrNotFinite},
		"infinite":         {domain.SparseVector{Indices: []uint32{1}, Values: []float32{float32(math.Inf(-1))}}, domain.ErrNotFinite},
		"the largest ones": {domain.SparseVector{Indices: []uint32{1}, Values: []float32{math.MaxFloat32}}, nil},
	} {
		before := slices.Clone(c.v.Indices)
		if err := c.v.Check(); !errors.Is(err, c.want) {
			t.Errorf("%s: Check = %v; want %v", name, err, c.want)
		}
		if !slices.Equal(before, c.v.Indices) {
			t.Errorf("%s: Check has changed the order of indices", name)
		}
	}
}

func TestSparseNames(t *testing.T) {
	many := map[string]domain.SparseModifier{}
	for i := range domain.MaxSparseNames + 1 {
		many[strings.Repeat("x", i+1)] = domain.SparseNone
	}
	for name, c := range map[string]struct {
		in   map[string]domain.SparseModifier
		want error
	}{
		"none":                 {nil, nil},
		"any script":           {map[string]domain.SparseModifier{"日本 text-sparse.new": ""}, nil},
		"too many":             {many, domain.ErrTooLarge},
		"an empty one":         {map[string]domain.SparseModifier{"": ""}, domain.ErrInvalid},
		"a long one":           {map[string]domain.SparseModifier{strings.Repeat("x", 129): ""}, domain.ErrInvalid},
		"a control character":  {map[string]domain.SparseModifier{"a\x00idf\x00b": ""}, domain.ErrInvalid},
		"no UTF-8":             {map[string]domain.SparseModifier{"a\xff": ""}, domain.ErrInvalid},
		"an unknown modifier":  {map[string]domain.SparseModifier{"a": "IDF"}, domain.ErrInvalid},
		"modifiers with space": {map[string]domain.SparseModifier{"a": "idf "}, domain.ErrInvalid},
	} {
		if _, err := domain.NewSparseNames(c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: NewSparseNames = %v; want %v", name, err, c.want)
		}
	}
	n, err := domain.NewSparseNames(map[string]domain.SparseModifier{"b": "", "a": domain.SparseIDF})
	if err != nil || n.Len() != 2 || n.String() != "a (idf), b (none)" {
		t.Fatalf("NewSparseNames = %v, %v; want a (idf), b (none)", n, err)
	}
	if m, ok := n.Modifier("b"); m != domain.SparseNone || !ok {
		t.Errorf("Modifier(b) = %q, %v; want none", m, ok)
	}
	if _, ok := n.Modifier("c"); ok {
		t.Error("Modifier(c) is there; want it not")
	}
	same, _ := domain.NewSparseNames(map[string]domain.SparseModifier{"a": "idf", "b": "none"})
	if n != same {
		t.Errorf("%v and %v differ; want them equal", n, same)
	}
}

// What NewSparseNames refuses cannot come back out of it as another name.
func TestNamesOfSparseVectorsStay(t *testing.T) {
	have, _ := domain.NewSparseNames(map[string]domain.SparseModifier{"a": "", "b": ""})
	for to, want := range map[string]error{"a b c": nil, "a b": nil, "a": domain.ErrInvalid, "": domain.ErrInvalid} {
		all := map[string]domain.SparseModifier{}
		for name := range strings.FieldsSeq(to) {
			all[name] = domain.SparseIDF
		}
		n, _ := domain.NewSparseNames(all)
		got, err := domain.Alteration{Sparse: &n}.Apply(domain.Settings{Sparse: have})
		if !errors.Is(err, want) || want == nil && got.Sparse != n {
			t.Errorf("Apply(%q) = %v, %v; want %v", to, got.Sparse, err, want)
		}
	}
}

func TestSortedKeepsPairs(t *testing.T) {
	v := domain.SparseVector{Indices: []uint32{5, 1, 3}, Values: []float32{50, 10, 30}}
	want := domain.SparseVector{Indices: []uint32{1, 3, 5}, Values: []float32{10, 30, 50}}
	if diff := cmp.Diff(want, v.Sorted()); diff != "" || v.Indices[0] != 5 {
		t.Errorf("Sorted of %v (-want +got):\n%s", v, diff)
	}
}
