package indextest

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var contractRules = []rule{
	{name: "an empty index answers with nothing", run: emptyIndex},
	{name: "a vector is found at its distance", run: oneVector},
	{name: "vectors and queries stay the caller's", run: callersSlices},
	{name: "distances are exact in float32 for every dimension", run: exactDistances},
	{name: "an exact query is answered as by brute force", run: exactQueries},
	{name: "k beyond the number of vectors returns all of them", run: largeK},
	{name: "ef below k is raised and a huge ef is harmless", run: oddEf},
	{name: "among equals the lower id comes first", run: ties},
	{name: "answers go into the slice given for them", run: intoSlice, once: true},
	{name: "a cancelled search returns the context's error", run: cancelledSearch, once: true},
	{name: "stats and contains tell what a search can find", run: statsTell, once: true},
	{name: "close may be called twice and ends the index", run: closeTwice, once: true},
	{name: "an engine refuses settings it cannot serve", run: refusedSettings, once: true},
}

func emptyIndex(s *suite) {
	ix := s.open(smallDims)
	q := ports.Query{Vector: Gaussian(s.seed, 1, smallDims)[0], K: k10}
	for _, q.Allow = range []ports.IDSet{nil, NewSet(), NewSet(1, 2, 3)} {
		if hits := s.search(ix, q); len(hits) != 0 {
			s.Errorf("Search in an empty index = %v; want nothing", hits)
		}
	}
	if n, err := ix.Remove([]int64{1, 2}); n != 0 || err != nil {
		s.Errorf("Remove from an empty index = %d, %v; want 0, nil", n, err)
	}
	if err := ix.Add(nil, nil); err != nil {
		s.Errorf("Add of nothing: %v", err)
	}
	if n, err := ix.Remove(nil); n != 0 || err != nil {
		s.Errorf("Remove of nothing = %d, %v; want 0, nil", n, err)
	}
	if st := ix.Stats(); st.Len != 0 || ix.Contains(1) {
		s.Errorf("empty index has Len %d, Contains(1) %v; want 0, false", st.Len, ix.Contains(1))
	}
}

func oneVector(s *suite) {
	vs := Gaussian(s.seed, 3, smallDims)
	ix, m := s.filled([]int64{1 << 62}, vs[:1])
	s.ask(ix, m, ports.Query{Vector: vs[0], K: 1})
	s.ask(ix, m, ports.Query{Vector: vs[1], K: 1})
	s.ask(ix, m, ports.Query{Vector: vs[2], K: 5, Exact: true})
}

func callersSlices(s *suite) {
	const n = 200
	vs := Clustered(s.seed, n+1, smallDims)
	ids, q := idsTo(n), vs[n]
	ix, m := s.filled(ids, vs[:n])
	before, qBefore := s.search(ix, ports.Query{Vector: q, K: k10}), slices.Clone(q)
	for i := range ids {
		if !slices.Equal(vs[i], m.vectors[ids[i]]) {
			s.Fatalf("Add changed the vector of id %d", ids[i])
		}
	}
	for i := range ids {
		ids[i] += 1000
		clear(vs[i])
	}
	after := s.search(ix, ports.Query{Vector: q, K: k10})
	if !slices.Equal(before, after) {
		s.Errorf("after the caller reused its slices Search = %v; want %v as before", after, before)
	}
	if !slices.Equal(q, qBefore) {
		s.Errorf("Search changed the query's vector")
	}
	s.checkValid(m, ports.Query{Vector: q, K: k10}, after)
}

func exactDistances(s *suite) {
	for _, dims := range s.cfg.Dims {
		const n = 40
		vs := Gaussian(s.seed+uint64(dims), n+5, dims)
		Scale(s.seed, vs, 1e-3, 1e3)
		ix, m := s.filled(idsTo(n), vs[:n])
		for _, q := range vs[n:] {
			s.ask(ix, m, ports.Query{Vector: q, K: n})
		}
		// Compared with itself a vector must be near zero under the metrics that say so.
		if s.metric != domain.InnerProduct {
			s.ask(ix, m, ports.Query{Vector: vs[7], K: 1, Exact: true})
		}
	}
}

func exactQueries(s *suite) {
	const n = 1500
	vs := Clustered(s.seed, n+30, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	for i, q := range vs[n:] {
		s.ask(ix, m, ports.Query{Vector: q, K: 1 + i*7, Exact: true})
	}
}

func largeK(s *suite) {
	const n = 300
	vs := Clustered(s.seed, n+1, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	for _, k := range []int{1, n - 1, n, n + 1, 10 * n, math.MaxInt32} {
		s.ask(ix, m, ports.Query{Vector: vs[n], K: k})
		s.ask(ix, m, ports.Query{Vector: vs[n], K: k, Exact: true})
	}
}

func oddEf(s *suite) {
	const n = 300
	vs := Clustered(s.seed, n+1, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	for _, ef := range []int{-1, 1, 5, n, 1 << 20} {
		s.ask(ix, m, ports.Query{Vector: vs[n], K: 50, Ef: ef})
	}
}

func ties(s *suite) {
	const n, copies = 400, 60
	vs := Clustered(s.seed, n, smallDims)
	ids := idsTo(n)
	s.rng.Shuffle(n, func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	for i := range copies {
		vs[i] = vs[0]
	}
	equal := slices.Clone(ids[:copies])
	slices.Sort(equal)
	// Adding in several calls scatters the copies over blocks and graph layers.
	ix, m := s.filled(ids[:copies/2], vs[:copies/2])
	s.add(ix, m, ids[copies/2:], vs[copies/2:])
	q := slices.Clone(vs[0])
	if s.metric == domain.InnerProduct {
		// Longer vectors in the same direction must not come between.
		Scale(s.seed, vs[copies:], 1e-3, 1e-2)
		s.add(ix, m, ids[copies:], vs[copies:])
	}
	for _, k := range []int{1, 7, copies, copies + 20} {
		hits := s.search(ix, ports.Query{Vector: q, K: k, Exact: true})
		s.checkValid(m, ports.Query{Vector: q, K: k}, hits)
		for i := range min(k, copies, len(hits)) {
			if hits[i].ID != equal[i] || hits[i].Distance != hits[0].Distance {
				s.Errorf("Search(k=%d): hit %d of %d equal vectors is %+v; want id %d at %g",
					k, i, copies, hits[i], equal[i], hits[0].Distance)
				break
			}
		}
		s.ask(ix, m, ports.Query{Vector: q, K: k})
	}
}

func intoSlice(s *suite) {
	const n = 200
	vs := Clustered(s.seed, n+1, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	want := s.search(ix, ports.Query{Vector: vs[n], K: k10})
	into := make([]domain.Neighbor, 3, 2*n)
	q := ports.Query{Vector: vs[n], K: k10, Into: into}
	hits := s.search(ix, q)
	s.checkValid(m, q, hits)
	if len(hits) > 0 && &hits[0] != &into[0] {
		s.Errorf("a slice with room for the answer was not used")
	}
	q.Into = make([]domain.Neighbor, 0, 2)
	if hits := s.search(ix, q); !slices.Equal(hits, want) {
		s.Errorf("with a slice too small Search = %v; want %v", hits, want)
	}
}

func cancelledSearch(s *suite) {
	const n = 500
	vs := Clustered(s.seed, n+1, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, q := range []ports.Query{
		{Vector: vs[n], K: k10}, {Vector: vs[n], K: k10, Exact: true}, {Vector: vs[n], K: k10, Allow: NewSet(1, 2, 3)},
	} {
		if hits, _, err := ix.Search(ctx, q); !errors.Is(err, context.Canceled) || len(hits) != 0 {
			s.Errorf("Search with a cancelled context = %v, %v; want nothing, %v", hits, err, context.Canceled)
		}
		s.ask(ix, m, q)
	}
}

func statsTell(s *suite) {
	const n = 120
	vs := Clustered(s.seed, n, smallDims)
	ix, m := s.filled(idsTo(n), vs)
	s.remove(ix, m, 5, 6, 7, 7, 9999)
	s.add(ix, m, []int64{8, 500}, vs[:2])
	for id := int64(-1); id <= 510; id++ {
		if _, want := m.vectors[id]; ix.Contains(id) != want {
			s.Errorf("Contains(%d) = %v; want %v", id, !want, want)
		}
	}
	st := ix.Stats()
	if st.Len != len(m.vectors) || st.Engine != s.cfg.Engine.Name() || st.Kind == "" {
		s.Errorf("Stats = %+v; want Len %d, Engine %q, a Kind", st, len(m.vectors), s.cfg.Engine.Name())
	}
	if st.Bytes+st.Mapped < n*smallDims {
		s.Errorf("Stats = %+v; want bytes for at least a code of each of %d components", st, n*smallDims)
	}
}

func closeTwice(s *suite) {
	vs := Clustered(s.seed, 50, smallDims)
	ix, err := s.cfg.Engine.New(s.settings(smallDims))
	if err != nil {
		s.Fatal(err)
	}
	if err := ix.Add(idsTo(50), vs); err != nil {
		s.Fatal(err)
	}
	s.close(ix)
	s.close(ix)
	if err := ix.Add([]int64{1}, vs[:1]); !errors.Is(err, domain.ErrClosed) {
		s.Errorf("Add after Close: %v; want %v", err, domain.ErrClosed)
	}
	if _, err := ix.Remove([]int64{1}); !errors.Is(err, domain.ErrClosed) {
		s.Errorf("Remove after Close: %v; want %v", err, domain.ErrClosed)
	}
	if _, _, err := ix.Search(context.Background(), ports.Query{Vector: vs[0], K: 1}); !errors.Is(err, domain.ErrClosed) {
		s.Errorf("Search after Close: %v; want %v", err, domain.ErrClosed)
	}
	if ix.Contains(1) {
		s.Errorf("Contains(1) after Close = true; want false")
	}
	if st := ix.Stats(); st.Len != 0 {
		s.Errorf("Stats after Close tell Len %d; want 0", st.Len)
	}
}

func refusedSettings(s *suite) {
	for name, change := range map[string]func(*ports.IndexSettings){
		"unknown metric":  func(x *ports.IndexSettings) { x.Metric = "hamming" },
		"unknown storage": func(x *ports.IndexSettings) { x.Storage = "no such kind" },
	} {
		set := s.settings(smallDims)
		change(&set)
		if _, err := s.cfg.Engine.New(set); !errors.Is(err, domain.ErrUnsupported) {
			s.Errorf("New with %s: %v; want %v", name, err, domain.ErrUnsupported)
		}
	}
	for _, dims := range []int{0, -1} {
		if _, err := s.cfg.Engine.New(s.settings(dims)); err == nil {
			s.Errorf("New with %d dims: no error", dims)
		}
	}
}
