package indextest

import (
	"context"

	"github.com/memista/memista/internal/ports"
)

var duplicateRules = []rule{
	{name: "every one of many identical vectors is reachable", run: manyIdentical, once: true},
	{name: "an audit finds nothing lost and a repair does no harm", run: auditAndRepair, audit: true},
}

func manyIdentical(s *suite) {
	const dims, others = 8, 500
	n := s.cfg.Duplicates
	vs := Clustered(s.seed, others+2, dims)
	same := vs[others]
	vectors := make([][]float32, 0, n+others)
	for range n {
		vectors = append(vectors, same)
	}
	vectors = append(vectors, vs[:others]...)
	s.rng.Shuffle(len(vectors), func(i, j int) { vectors[i], vectors[j] = vectors[j], vectors[i] })
	ix, m := s.filled(idsTo(len(vectors)), vectors)
	s.audit(ix)
	s.ask(ix, m, ports.Query{Vector: same, K: len(vectors)})
	s.ask(ix, m, ports.Query{Vector: vs[others+1], K: len(vectors)})
	// Filters must find each of them, by a walk as well as by its id.
	for range 50 {
		id := int64(s.rng.IntN(len(vectors)) + 1)
		s.ask(ix, m, ports.Query{Vector: same, K: 1, Allow: NewSet(id)})
		s.ask(ix, m, ports.Query{Vector: vs[others+1], K: k10, Allow: every(len(vectors), 2+s.rng.IntN(40), 1)})
	}
	var third []int64
	for id := int64(1); id <= int64(len(vectors)); id += 3 {
		third = append(third, id)
	}
	s.remove(ix, m, third...)
	s.audit(ix)
	s.ask(ix, m, ports.Query{Vector: same, K: len(vectors)})
}

// audit checks that every vector of ix is reachable, if ix can tell.
func (s *suite) audit(ix ports.VectorIndex) {
	s.Helper()
	if !s.cfg.Auditor {
		return
	}
	a, ok := ix.(ports.Auditor)
	if !ok {
		s.Fatalf("%T is no ports.Auditor, which Config.Auditor promises", ix)
	}
	if lost, err := a.Audit(context.Background()); err != nil || len(lost) != 0 {
		s.Errorf("Audit = %d ids %v…, %v; want none", len(lost), brief(lost), err)
	}
}

func auditAndRepair(s *suite) {
	const n = 2000
	vs := Clustered(s.seed, n+20, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	s.audit(ix)
	s.remove(ix, m, idsTo(n/4)...)
	s.audit(ix)
	a, ok := ix.(ports.Auditor)
	if !ok {
		return
	}
	// Repairing what is sound, removed or unknown must change nothing.
	if _, err := a.Repair(context.Background(), []int64{n, n - 1, 1, 1 << 40, -3}); err != nil {
		s.Errorf("Repair: %v", err)
	}
	if st := ix.Stats(); st.Len != len(m.vectors) {
		s.Errorf("Len after Repair = %d; want %d", st.Len, len(m.vectors))
	}
	s.audit(ix)
	for _, q := range vs[n:] {
		s.ask(ix, m, ports.Query{Vector: q, K: k10})
		s.ask(ix, m, ports.Query{Vector: q, K: n})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := a.Audit(ctx); err == nil {
		s.Errorf("Audit with a cancelled context: no error")
	}
}
