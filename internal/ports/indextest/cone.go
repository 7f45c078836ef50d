package indextest

import (
	"fmt"
	"math"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// What engines keep of a vector must tell it from its neighbors wherever the data lies.
var coneRules = []rule{
	{name: "recall reaches the floor on vectors far from the origin", run: recallFar, anywhere: true},
	{name: "recall reaches the floor where one component dominates", run: recallDominated, only: euclidean, anywhere: true},
	{name: "recall reaches the floor on clusters far apart", run: recallApart, anywhere: true},
	{name: "recall reaches the floor when the data moves away", run: recallDrifting, only: spherical, anywhere: true},
	{name: "recall far from the origin outlives removals and a file", run: recallFarReopened, only: spherical, files: true, once: true, anywhere: true},
	{name: "distances between vectors far from the origin keep their digits", run: digitsFar, only: []domain.Metric{domain.Cosine}, anywhere: true},
}

var (
	euclidean = []domain.Metric{domain.L2}
	spherical = []domain.Metric{domain.Cosine, domain.L2}
)

const coneDims = 32

// farRecall checks the recall of ix, which holds what m does. Unlike in other rules the
// share of a distance that may be off is small even where the distance is: in a narrow
// cone all of them are.
func (s *suite) farRecall(what string, ix ports.VectorIndex, m *model, queries [][]float32) {
	s.Helper()
	found := 0
	for _, vec := range queries {
		q := ports.Query{Vector: vec, K: k10}
		hits := s.search(ix, q)
		s.checkValid(m, q, hits)
		distances := make([]float64, 0, len(m.vectors))
		for _, v := range m.vectors {
			distances = append(distances, distance(m.metric, vec, v))
		}
		slices.Sort(distances)
		bound := distances[k10-1] * (1 + 1e-3)
		if m.metric == domain.InnerProduct {
			bound = distances[k10-1] + tolerance(m.metric, vec, vec)
		}
		for _, h := range hits {
			if v, ok := m.vectors[h.ID]; ok && distance(m.metric, vec, v) <= bound {
				found++
			}
		}
	}
	s.checkRecall(what, float64(found)/float64(k10*len(queries)))
}

// farRecallOn is farRecall on all vectors but the last ones, which are the queries.
func (s *suite) farRecallOn(what string, vs [][]float32) {
	s.Helper()
	n := len(vs) - recallQueries
	ix, m := s.open(len(vs[0])), newModel(s.metric)
	ids := idsTo(n)
	for part := range slices.Chunk(ids, 500) {
		s.add(ix, m, part, vs[part[0]-1:part[0]-1+int64(len(part))])
	}
	s.farRecall(what, ix, m, vs[n:])
}

func recallFar(s *suite) {
	for _, mean := range []float32{3, 30, 100, 1000} {
		if s.metric == domain.InnerProduct && mean < 100 {
			continue // the longest of all are the answers: a matter of graphs, not of codes
		}
		vs := Gaussian(s.seed, s.cfg.Size+recallQueries, coneDims)
		Shift(vs, mean)
		s.farRecallOn(fmt.Sprintf("around a mean of %g", mean), vs)
	}
}

func recallDominated(s *suite) {
	vs := Gaussian(s.seed, s.cfg.Size+recallQueries, coneDims)
	for _, v := range vs {
		v[3] = 1000 * v[3]
		v[7] += 1000
	}
	s.farRecallOn("with one large component and one far off", vs)
}

func recallApart(s *suite) {
	for _, apart := range []float32{30, 300} {
		vs := Gaussian(s.seed, s.cfg.Size+recallQueries, coneDims)
		for i, v := range vs {
			for d := range v {
				if i%2 == d%2 {
					v[d] += apart
				} else {
					v[d] -= apart
				}
			}
		}
		s.farRecallOn(fmt.Sprintf("on two clusters around ±%g", apart), vs)
	}
}

func recallDrifting(s *suite) {
	for _, means := range [][2]float32{{0, 30}, {30, 0}, {0, 300}, {-100, 100}} {
		n := s.cfg.Size
		vs := Gaussian(s.seed, n+recallQueries, coneDims)
		Shift(vs[:n/2], means[0])
		Shift(vs[n/2:n], means[1])
		Shift(vs[n:n+recallQueries/2], means[0])
		Shift(vs[n+recallQueries/2:], means[1])
		s.farRecallOn(fmt.Sprintf("when the mean goes from %g to %g", means[0], means[1]), vs)
	}
}

// recallFarReopened removes all that came first, which another mean had.
func recallFarReopened(s *suite) {
	n := s.cfg.Size
	vs := Gaussian(s.seed, n+n/2+recallQueries, coneDims)
	Shift(vs[:n/2], -1000)
	Shift(vs[n/2:], 100)
	ix, m := s.filled(idsTo(n), vs[:n])
	s.remove(ix, m, idsTo(n/2)...)
	ids := idsTo(n + n/2)[n:]
	s.add(ix, m, ids, vs[n:n+n/2])
	queries := vs[n+n/2:]
	s.farRecall("after removals", ix, m, queries)
	path := s.path()
	s.save(ix, path, snapshot(42))
	back := s.openFile(path, coneDims, snapshot(42))
	if a, b := ix.Stats().Kind, back.Stats().Kind; a != b {
		s.Errorf("the kind is %q after Open; was %q", b, a)
	}
	s.farRecall("from the file", back, m, queries)
	s.remove(back, m, ids[:len(ids)/2]...)
	s.add(back, m, ids[:len(ids)/2], vs[n/2:n/2+len(ids)/2])
	s.farRecall("after removals from what came from the file", back, m, queries)
}

func digitsFar(s *suite) {
	const n = 500
	vs := Gaussian(s.seed, n+k10, coneDims)
	Shift(vs, 1000)
	ix, m := s.filled(idsTo(n), vs[:n])
	for _, vec := range vs[n:] {
		for _, exact := range []bool{false, true} {
			for _, h := range s.search(ix, ports.Query{Vector: vec, K: k10, Exact: exact}) {
				want := distance(s.metric, vec, m.vectors[h.ID])
				if math.Abs(float64(h.Distance)-want) > want/100 {
					s.Errorf("id %d: distance %g; want %g within a hundredth", h.ID, h.Distance, want)
				}
			}
		}
	}
}
