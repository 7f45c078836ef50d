package indextest

import (
	"slices"

	"github.com/memista/memista/internal/ports"
)

var removeRules = []rule{
	{name: "what is removed is never found again", run: removed},
	{name: "removing all one by one keeps the rest complete", run: removeOneByOne},
	{name: "an emptied index takes the same ids again", run: refill},
	{name: "a replaced vector is found at its new place only", run: replaced},
	{name: "replacing everything keeps answers right", run: replaceAll},
}

func removed(s *suite) {
	const n = 1000
	vs := Clustered(s.seed, n+20, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	order := s.rng.Perm(n)
	for len(order) > 300 {
		var ids []int64
		for _, i := range order[:70] {
			ids = append(ids, int64(i+1))
		}
		order = order[70:]
		s.remove(ix, m, append(ids, ids[0], 1<<40)...)
		s.remove(ix, m, ids...) // held no more: counts 0
		for _, id := range ids[:10] {
			q := ports.Query{Vector: vs[id-1], K: k10}
			s.ask(ix, m, q)
			q.Allow = NewSet(id)
			s.ask(ix, m, q)
			if ix.Contains(id) {
				s.Errorf("Contains(%d) after Remove = true", id)
			}
		}
	}
	for _, q := range vs[n:] {
		s.ask(ix, m, ports.Query{Vector: q, K: len(m.vectors)})
	}
}

func removeOneByOne(s *suite) {
	const n = 150
	vs := Clustered(s.seed, n+1, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	// In the order of adding: the entry point of a graph goes first.
	for id := int64(1); id <= n; id++ {
		s.remove(ix, m, id)
		s.ask(ix, m, ports.Query{Vector: vs[n], K: n})
	}
	if st := ix.Stats(); st.Len != 0 {
		s.Errorf("Len of an emptied index = %d; want 0", st.Len)
	}
}

func refill(s *suite) {
	const n = 200
	vs := Clustered(s.seed, 2*n+1, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	for round := range 4 {
		s.remove(ix, m, idsTo(n)...)
		s.ask(ix, m, ports.Query{Vector: vs[2*n], K: n})
		from := round % 2 * n
		s.add(ix, m, idsTo(n), vs[from:from+n])
		s.ask(ix, m, ports.Query{Vector: vs[2*n], K: n + 1})
		s.ask(ix, m, ports.Query{Vector: vs[0], K: k10, Exact: true})
	}
}

func replaced(s *suite) {
	const n = 300
	vs := Clustered(s.seed, n+200, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	const id = 42
	for i := range 100 {
		old := m.vectors[id]
		s.add(ix, m, []int64{id}, vs[n+i:n+i+1])
		s.ask(ix, m, ports.Query{Vector: old, K: k10})
		s.ask(ix, m, ports.Query{Vector: vs[n+i], K: 1, Exact: true})
		s.ask(ix, m, ports.Query{Vector: old, K: 3, Allow: NewSet(id, id+1)})
	}
	s.ask(ix, m, ports.Query{Vector: vs[0], K: n + 1})
	// New ones, old ones and one removed before, in one call.
	s.remove(ix, m, 7)
	s.add(ix, m, []int64{7, 1000, 42, 1001, 1}, vs[n+100:n+105])
	s.ask(ix, m, ports.Query{Vector: vs[0], K: n + 10})
	// The same vector again changes nothing.
	s.add(ix, m, []int64{7}, vs[n+100:n+101])
	s.ask(ix, m, ports.Query{Vector: vs[n+100], K: n + 10})
	if st := ix.Stats(); st.Len != len(m.vectors) {
		s.Errorf("Len = %d; want %d", st.Len, len(m.vectors))
	}
}

func replaceAll(s *suite) {
	const n = 800
	vs := Clustered(s.seed, 4*n+50, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	for round := 1; round < 4; round++ {
		ids := idsTo(n)
		s.rng.Shuffle(n, func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		for part := range slices.Chunk(ids, 97) {
			fresh := make([][]float32, len(part))
			for i, id := range part {
				fresh[i] = vs[round*n+int(id)-1]
			}
			s.add(ix, m, part, fresh)
		}
		sum := 0.0
		for _, q := range vs[4*n:] {
			sum += s.ask(ix, m, ports.Query{Vector: q, K: k10})
		}
		s.checkRecall("after replacing all", sum/50)
		s.ask(ix, m, ports.Query{Vector: vs[0], K: 2 * n})
	}
}
