package indextest

import (
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var recallRules = []rule{
	{name: "recall reaches the floor on clustered vectors", run: recallClustered},
	{name: "recall reaches the floor on vectors of very different lengths", run: recallScaled, only: []domain.Metric{domain.InnerProduct, domain.L2}},
	{name: "recall reaches the floor when vectors come in one by one", run: recallSingly},
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
