package indextest

import (
	"fmt"
	"slices"

	"github.com/memista/memista/internal/ports"
)

var crowdRules = []rule{
	{name: "recall is the same beside equal vectors", run: besideEqual},
	{name: "recall is the same beside nearly equal vectors", run: besideNearlyEqual, nearly: true},
}

// A crowd is many vectors in one place, as an empty text or a boilerplate passage gives.
type crowd struct {
	share  float64 // of all vectors, in all places together
	places int
	order  order
}

// order says when the crowd comes.
type order string

const (
	crowdFirst order = "first"
	crowdLast  order = "last"
	crowdMixed order = "mixed in"
)

var crowds = []crowd{
	{0.1, 1, crowdFirst}, {0.5, 1, crowdFirst}, {0.5, 3, crowdLast}, {0.67, 1, crowdMixed}, {0.9, 3, crowdMixed}, {0.99, 1, crowdMixed},
}

// nearly is how far the components of nearly equal vectors differ, in parts of their size.
const nearly = 1e-5

func besideEqual(s *suite)       { besideCrowds(s, 0) }
func besideNearlyEqual(s *suite) { besideCrowds(s, nearly) }

func besideCrowds(s *suite, spread float32) {
	for _, c := range crowds {
		vs, inCrowd, qs := s.crowded(c, spread)
		what := fmt.Sprintf("beside %g %% in %d places that come %s", 100*c.share, c.places, c.order)
		ids := idsTo(len(vs))
		ix, m := s.filled(ids, vs)
		s.audit(ix)
		s.recallBeside(ix, m, qs, what)
		// A third is replaced: crowds shrink, and part of the others joins one.
		var third []int64
		var others [][]float32
		for i := 0; i < len(vs); i += 3 {
			third = append(third, ids[i])
			others = append(others, vs[(i+len(vs)/2)%len(vs)])
		}
		s.add(ix, m, third, others)
		s.recallBeside(ix, m, qs, what+", a third replaced")
		s.remove(ix, m, slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !inCrowd[id-1] || id%3 == 1 })...)
		s.audit(ix)
		s.recallBeside(ix, m, qs, what+", most of it removed")
		s.close(ix)
	}
}

// crowded returns vectors in the order they come in, which of them are in a crowd, and
// queries, every fourth of which is near one.
func (s *suite) crowded(c crowd, spread float32) (vs [][]float32, inCrowd []bool, qs [][]float32) {
	const dims = 32
	queries := s.cfg.CrowdQueries
	many := int(c.share * float64(s.cfg.Size))
	all := Clustered(s.seed, s.cfg.Size-many+c.places+queries, dims)
	others, qs := all[:s.cfg.Size-many], all[len(all)-queries:]
	at := all[len(others):]
	var members [][]float32
	for i := range many {
		members = append(members, Around(s.rng, at[i%c.places], spread))
	}
	for i := 0; i < queries; i += 4 {
		qs[i] = Around(s.rng, at[i/4%c.places], 0.05)
	}
	vs = slices.Concat(members, others)
	inCrowd = append(slices.Repeat([]bool{true}, many), make([]bool, len(others))...)
	switch c.order {
	case crowdFirst:
	case crowdLast:
		slices.Reverse(vs)
		slices.Reverse(inCrowd)
	case crowdMixed:
		s.rng.Shuffle(len(vs), func(i, j int) {
			vs[i], vs[j] = vs[j], vs[i]
			inCrowd[i], inCrowd[j] = inCrowd[j], inCrowd[i]
		})
	}
	return vs, inCrowd, qs
}

// recallBeside checks recall of few hits, of few under a filter, and of more than a crowd.
func (s *suite) recallBeside(ix ports.VectorIndex, m *model, qs [][]float32, what string) {
	s.Helper()
	var few, allowed, many float64
	allow := every(s.cfg.Size, 3, 1)
	for i, q := range qs {
		few += s.ask(ix, m, ports.Query{Vector: q, K: k10})
		allowed += s.ask(ix, m, ports.Query{Vector: q, K: k10, Allow: allow})
		if i%10 == 0 {
			many += s.ask(ix, m, ports.Query{Vector: q, K: len(m.vectors)/3 + 1})
		}
	}
	n := float64(len(qs))
	s.checkRecall(what, few/n)
	s.checkRecall(what+", under a filter", allowed/n)
	s.checkRecall(what+", of a third of all", many/(n/10))
}
