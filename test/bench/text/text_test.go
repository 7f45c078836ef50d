package main

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNDCG(t *testing.T) {
	second := 1 / math.Log2(3)
	for name, c := range map[string]struct {
		found, right []int
		want         float64
	}{
		"the right one first":               {[]int{7, 1}, []int{7}, 1},
		"the right one second":              {[]int{1, 7}, []int{7}, second},
		"two right ones, one of them found": {[]int{7, 1}, []int{7, 8}, 1 / (1 + second)},
		"nothing found":                     {nil, []int{7}, 0},
		"past the end does not count":       {[]int{1, 2, 7}, []int{7}, 0},
	} {
		if got := ndcg(c.found, c.right, 2); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: ndcg = %v; want %v", name, got, c.want)
		}
	}
}

func TestMean(t *testing.T) {
	average, margin := mean([]float64{0, 0, 1, 1})
	if want := 1.96 * math.Sqrt(1.0/3/4); average != 0.5 || math.Abs(margin-want) > 1e-12 {
		t.Errorf("mean = %v ± %v; want 0.5 ± %v", average, margin, want)
	}
}

func TestParseMeaning(t *testing.T) {
	line := `00056135 04 n 03 giving_up 0 forsaking(p) 1 leaving 0 003 @ 00054733 n 0000 + 02590182 v 0301 + 00615748 s 0201 | going away; "she left"; "his leaving of them"`
	got, err := parseMeaning(line, "n")
	want := meaning{
		id: "n00056135", words: []string{"giving up", "forsaking", "leaving"}, definition: "going away",
		examples: []string{"she left", "his leaving of them"}, derived: []string{"v02590182", "a00615748"},
	}
	if err != nil || !cmp.Equal(got, want, cmp.AllowUnexported(meaning{})) {
		t.Errorf("parseMeaning = %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", "no gloss", "1 2 3 | gloss", "00056135 04 n zz a 0 000 | gloss"} {
		if _, err := parseMeaning(bad, "n"); err == nil {
			t.Errorf("parseMeaning(%q) = nil; want an error", bad)
		}
	}
}

func TestSets(t *testing.T) {
	all := []meaning{
		{id: "n1", words: []string{"walk", "stroll"}, definition: "the act of moving on foot", examples: []string{"a walk in the park"}},
		{id: "n2", words: []string{"door"}, definition: "what closes an entrance"},
		{id: "v1", words: []string{"walk"}, definition: "move on foot", derived: []string{"n1"}, examples: []string{"we walk home"}},
		{id: "v2", words: []string{"be"}, definition: "exist", derived: []string{"n2"}},
	}
	both := map[string][]query{}
	for _, tuning := range []bool{true, false} {
		for _, s := range sets(slices.Clone(all), tuning, 10) {
			both[s.name] = append(both[s.name], s.queries...)
			if want := map[string]int{"related": 2, "examples": 4, "synonyms": 2}[s.name]; len(s.documents) != want {
				t.Errorf("%s has %d documents; want %d", s.name, len(s.documents), want)
			}
		}
	}
	want := map[string][]query{
		"related":  {{"move on foot", []int{0}}},
		"examples": {{"a walk in the park", []int{0}}, {"we walk home", []int{2}}},
		"synonyms": {{"stroll", []int{0}}},
	}
	for name := range both {
		slices.SortFunc(both[name], func(a, b query) int { return strings.Compare(a.text, b.text) })
	}
	if d := cmp.Diff(want, both, cmp.AllowUnexported(query{})); d != "" {
		t.Errorf("the queries of both halves (-want +got):\n%s", d)
	}
}
