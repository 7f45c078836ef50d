package indextest

import (
	"context"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var recallRules = []rule{
	{name: "recall reaches the floor on clustered vectors", run: recallClustered},
	{name: "recall reaches the floor on vectors of very different lengths", run: recallScaled, only: []domain.Metric{domain.InnerProduct, domain.L2}},
	{name: "recall reaches the floor when vectors come in one by one", run: recallSingly},
	{name: "a stored vector that is omitted is answered as one that is not stored", run: recallOmitted},
}

// checkRecall reports a mean recall below the floor.
func (s *suite) checkRecall(what string, mean float64) {
	s.Helper()
	s.Logf("recall@%d %s: %.4f", k10, what, mean)
	if mean < s.cfg.RecallFloor {
		s.Errorf("recall@%d %s = %.4f; want at least %.4f", k10, what, mean, s.cfg.RecallFloor)
	}
}

const recallQueries = 100

func recallOn(s *suite, vs [][]float32, chunk int, what string) {
	n := len(vs) - recallQueries
	ix, m := s.open(len(vs[0])), newModel(s.metric)
	ids := idsTo(n)
	for i := 0; i < n; i += chunk {
		end := min(n, i+chunk)
		s.add(ix, m, ids[i:end], vs[i:end])
	}
	sum := 0.0
	for _, q := range vs[n:] {
		sum += s.ask(ix, m, ports.Query{Vector: q, K: k10})
	}
	s.checkRecall(what, sum/recallQueries)
}

func recallClustered(s *suite) {
	recallOn(s, Clustered(s.seed, s.cfg.Size+recallQueries, 48), 1000, "on clustered vectors")
}

func recallScaled(s *suite) {
	vs := Clustered(s.seed, s.cfg.Size+recallQueries, 48)
	Scale(s.seed, vs, 0.1, 10)
	recallOn(s, vs, 1000, "on lengths from 0.1 to 10")
}

func recallSingly(s *suite) {
	recallOn(s, Clustered(s.seed, s.cfg.Size/3+recallQueries, 48), 1, "added one by one")
}

// recallOmitted asks for what is near stored vectors, which the answers may lack: all else
// that belongs to them is there, also beside copies of the vector, and where the walk begins.
func recallOmitted(s *suite) {
	n := s.cfg.Size
	vs := Clustered(s.seed, n, 48)
	const copied, copies = 5, 4
	equal := []int64{1 + copied}
	for i := range copies {
		vs[100+i] = vs[copied]
		equal = append(equal, int64(101+i))
	}
	ix, m := s.filled(idsTo(n), vs)
	sum := 0.0
	for i := range recallQueries {
		id := int64(1 + i*n/recallQueries)
		if i < len(equal) {
			id = equal[i]
		}
		q := ports.Query{Vector: vs[id-1], K: k10 + 1, Omit: id}
		hits, _, err := ix.Search(context.Background(), q)
		if err != nil {
			s.Fatalf("Search(Omit: %d) = %v", id, err)
		}
		others := slices.DeleteFunc(hits, func(h domain.Neighbor) bool { return h.ID == id })
		truth := slices.DeleteFunc(m.nearest(q), func(h domain.Neighbor) bool { return h.ID == id })[:k10]
		if len(others) < k10 {
			s.Errorf("Search(Omit: %d) has %d others; want at least %d", id, len(others), k10)
		}
		found := 0
		for _, h := range others {
			if slices.Contains(equal, h.ID) {
				found++
			}
		}
		if i < len(equal) && s.metric != domain.InnerProduct && found != copies {
			s.Errorf("Search(Omit: %d) has %d copies of that vector; want %d", id, found, copies)
		}
		sum += m.recall(q, others[:min(k10, len(others))], truth)
	}
	s.checkRecall("of omitted vectors", sum/recallQueries)
}
