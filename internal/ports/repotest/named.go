package repotest

import (
	"fmt"
	"math"

	"github.com/memista/memista/internal/domain"
)

// namedVectors declares title, with 2 components, and body, with 3.
func namedVectors(s *suite) domain.NamedVectors {
	s.Helper()
	n, err := domain.NewNamedVectors(domain.NamedVector{Name: "title", Dims: 2, Metric: domain.L2}, domain.NamedVector{Name: "body", Dims: 3})
	if err != nil {
		s.Fatalf("NewNamedVectors = %v; want nil", err)
	}
	return n
}

// withVectors gives c named vectors.
func withVectors(c domain.Chunk, v domain.Vectors) domain.Chunk {
	c.Vectors = v
	return c
}

// putNamed stores chunks in the database db, which declares title and body.
func (s *suite) putNamed(chunks ...domain.Chunk) domain.Commit {
	s.Helper()
	return s.write(domain.Batch{Database: "db", Create: &domain.Settings{Vectors: namedVectors(s)}, Put: chunks})
}

// vectorsOf reads the named vectors of all chunks of the database db.
func (s *suite) vectorsOf() []domain.Vectors {
	s.Helper()
	list, err := s.repo.Chunks(s.ctx, s.find("db"), domain.Selection{Limit: 1 << 20}, domain.FieldVectors)
	if err != nil {
		s.Fatalf("Chunks(vectors) = %v; want nil", err)
	}
	out := make([]domain.Vectors, len(list))
	for i := range list {
		out[i] = list[i].Vectors
		if list[i].Text != "" || list[i].Embedding != nil {
			s.Errorf("Chunks(vectors) returns %+v; want the named vectors only", list[i])
		}
	}
	return out
}

var namedRules = []rule{
	{"named vectors come back by name where they are asked for", func(s *suite) {
		zero := float32(math.Copysign(0, -1))
		s.putNamed(
			withVectors(chunk("both", 1), domain.Vectors{"title": {1, 2}, "body": {zero, 1e-40, -3}}),
			chunk("none", 2),
			withSparse(withVectors(chunk("one", 3), domain.Vectors{"title": {5, 6}}), nil),
		)
		got := s.vectorsOf()
		s.same("named vectors", got, []domain.Vectors{{"title": {1, 2}, "body": {zero, 1e-40, -3}}, nil, {"title": {5, 6}}})
		if !math.Signbit(float64(got[0]["body"][0])) {
			s.Errorf("-0 came back as %g", got[0]["body"][0])
		}
		for _, c := range s.all("db") {
			if c.Vectors != nil {
				s.Errorf("Chunks(all but vectors) returns %v; they were not asked for", c.Vectors)
			}
		}
		for _, sel := range []domain.Selection{{IDs: []int64{1}}, {IDs: []int64{2, 1}}, {Limit: 1}} {
			list, err := s.repo.Chunks(s.ctx, s.find("db"), sel, domain.WholeChunk)
			if err != nil || len(list[len(list)-1].Vectors) != 2 || list[len(list)-1].Embedding[0] != 1 || list[len(list)-1].Text != "both" {
				s.Errorf("Chunks(%+v) = %+v, %v; want chunk 1 whole", sel, list, err)
			}
		}
	}},
	{"named vectors beside sparse ones come back", func(s *suite) {
		v, sp := domain.Vectors{"title": {1, 2}}, domain.SparseVectors{"bm25": one(1, 1)}
		s.write(domain.Batch{Database: "db", Create: &domain.Settings{Vectors: namedVectors(s), Sparse: sparseNames(s)},
			Put: []domain.Chunk{withSparse(withVectors(chunk("one", 1), v), sp)}})
		list, err := s.repo.Chunks(s.ctx, s.find("db"), domain.Selection{Limit: 9}, domain.WholeChunk)
		if err != nil || len(list) != 1 {
			s.Fatalf("Chunks = %+v, %v; want one", list, err)
		}
		s.same("named vectors", list[0].Vectors, v)
		s.same("sparse vectors", list[0].Sparse, sp)
	}},
	{"named vectors that do not fit the database are refused", func(s *suite) {
		unknown := withVectors(chunk("bad", 1), domain.Vectors{"title": {1, 2}, "other": {1}})
		s.refused(domain.Batch{Database: "new", Create: &domain.Settings{}, Put: []domain.Chunk{unknown}}, domain.ErrInvalid)
		s.putNamed(withVectors(chunk("good", 1), domain.Vectors{"title": {1, 2}}))
		s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{chunk("two", 2), unknown}}, domain.ErrInvalid)
		s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{withVectors(chunk("long", 1), domain.Vectors{"title": {1, 2, 3}})}}, domain.ErrDimension)
		s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{withVectors(chunk("empty", 1), domain.Vectors{"title": {}})}}, domain.ErrDimension)
		s.same("named vectors", s.vectorsOf(), []domain.Vectors{{"title": {1, 2}}})
	}},
	{"a chunk that is replaced has the named vectors of the new one", func(s *suite) {
		s.putNamed(keyed("a", withVectors(chunk("one", 1), domain.Vectors{"title": {1, 1}, "body": {1, 2, 3}})),
			keyed("b", withVectors(chunk("two", 2), domain.Vectors{"title": {3, 3}})), keyed("c", chunk("three", 3)))
		s.putNamed(keyed("a", withVectors(chunk("one", 1), domain.Vectors{"title": {4, 4}})),
			keyed("b", chunk("two", 2)), keyed("c", withVectors(chunk("three", 3), domain.Vectors{"body": {5, 5, 5}})))
		s.same("named vectors", s.vectorsOf(), []domain.Vectors{{"title": {4, 4}}, nil, {"body": {5, 5, 5}}})
	}},
	{"the named vectors of a chunk that was deleted are those of no other", func(s *suite) {
		s.putNamed(withVectors(chunk("one", 1), domain.Vectors{"title": {1, 1}}), withVectors(chunk("two", 2), domain.Vectors{"title": {2, 2}}))
		s.write(domain.Batch{Database: "db", Delete: []int64{1}})
		s.same("named vectors", s.vectorsOf(), []domain.Vectors{{"title": {2, 2}}})
		if err := s.repo.Drop(s.ctx, "db", nil); err != nil {
			s.Fatalf("Drop = %v; want nil", err)
		}
		s.putNamed(chunk("one", 1))
		s.same("named vectors of the next life", s.vectorsOf(), []domain.Vectors{nil})
	}},
	{"named vectors last, and what declares them", func(s *suite) {
		var want []domain.Vectors
		var list []domain.Chunk
		for i := range 40 {
			v := domain.Vectors{"title": {float32(i), 1}}
			want, list = append(want, v), append(list, withVectors(chunk(fmt.Sprint(i), float32(i)), v))
		}
		s.putNamed(list...)
		s.reopen()
		s.same("named vectors", s.vectorsOf(), want)
		s.same("declared", s.find("db").Vectors, namedVectors(s))
		_, _, err := s.repo.Create(s.ctx, "db", domain.Settings{Vectors: namedVectors(s)}, nil)
		s.kind("Create with the same vectors", err, nil)
		others, err := domain.NewNamedVectors(domain.NamedVector{Name: "title", Dims: 3})
		if err != nil {
			s.Fatal(err)
		}
		_, _, err = s.repo.Create(s.ctx, "db", domain.Settings{Vectors: others}, nil)
		s.kind("Create with other vectors", err, domain.ErrConflict)
	}},
	{"slices of named vectors are not kept", func(s *suite) {
		v := domain.Vectors{"title": {1, 2}}
		s.putNamed(withVectors(chunk("one", 1), v))
		v["title"][0] = 9
		got := s.vectorsOf()
		s.same("after the caller changed its slices", got, []domain.Vectors{{"title": {1, 2}}})
		got[0]["title"][0] = 7
		s.same("after the caller changed what it got", s.vectorsOf(), []domain.Vectors{{"title": {1, 2}}})
	}},
	{"named vectors count among the bytes of a read", func(s *suite) {
		s.putNamed(withVectors(chunk("one", 1), domain.Vectors{"title": {1, 2}}), chunk("two", 2))
		for most, want := range map[int64]error{12: domain.ErrTooLarge, 13: nil} {
			_, err := s.repo.Chunks(s.ctx, s.find("db"), domain.Selection{Limit: 9, MaxBytes: most}, domain.FieldVectors)
			s.kind(fmt.Sprintf("Chunks(MaxBytes %d)", most), err, want)
		}
	}},
	{"named vectors stay while all embeddings are exchanged", func(s *suite) {
		v := domain.Vectors{"title": {1, 1}}
		s.putNamed(withVectors(chunk("one", 1), v), chunk("two", 2))
		s.begin("db", other)
		s.embedAll("db", 1)
		if _, err := s.repo.SwapEmbeddings(s.ctx, s.find("db"), func(domain.Settings) error { return nil }, nil); err != nil {
			s.Fatalf("SwapEmbeddings = %v; want nil", err)
		}
		s.same("named vectors", s.vectorsOf(), []domain.Vectors{v, nil})
		report, err := s.repo.Verify(s.ctx, false, nil)
		if err != nil || len(report.Findings) > 0 {
			s.Errorf("Verify = %+v, %v; want nothing found", report.Findings, err)
		}
	}},
	{"a refused batch leaves named vectors as they were", func(s *suite) {
		v := domain.Vectors{"title": {1, 1}}
		s.putNamed(keyed("a", withVectors(chunk("one", 1), v)))
		s.refused(domain.Batch{Database: "db", Delete: []int64{1}, Put: []domain.Chunk{{ID: 99, Embedding: []float32{1}}}}, domain.ErrNotFound)
		s.same("named vectors", s.vectorsOf(), []domain.Vectors{v})
	}},
}
