package repotest

import (
	"fmt"
	"math"

	"github.com/memista/memista/internal/domain"
)

// sparseNames declares bm25, with idf, and text.
func sparseNames(s *suite) domain.SparseNames {
	s.Helper()
	n, err := domain.NewSparseNames(map[string]domain.SparseModifier{"bm25": domain.SparseIDF, "text": domain.SparseNone})
	if err != nil {
		s.Fatalf("NewSparseNames = %v; want nil", err)
	}
	return n
}

// one is a sparse vector of pairs of an index and a value.
func one(pairs ...float32) domain.SparseVector {
	v := domain.SparseVector{Indices: []uint32{}, Values: []float32{}}
	for i := 0; i < len(pairs); i += 2 {
		v.Indices, v.Values = append(v.Indices, uint32(pairs[i])), append(v.Values, pairs[i+1])
	}
	return v
}

// withSparse gives c sparse vectors.
func withSparse(c domain.Chunk, v domain.SparseVectors) domain.Chunk {
	c.Sparse = v
	return c
}

// putSparse stores chunks in the database db, which declares bm25 and text.
func (s *suite) putSparse(chunks ...domain.Chunk) domain.Commit {
	s.Helper()
	return s.write(domain.Batch{Database: "db", Create: &domain.Settings{Sparse: sparseNames(s)}, Put: chunks})
}

// sparseOf reads the sparse vectors of all chunks of the database db.
func (s *suite) sparseOf() []domain.SparseVectors {
	s.Helper()
	list, err := s.repo.Chunks(s.ctx, s.find("db"), domain.Selection{Limit: 1 << 20}, domain.FieldSparse)
	if err != nil {
		s.Fatalf("Chunks(sparse) = %v; want nil", err)
	}
	out := make([]domain.SparseVectors, len(list))
	for i := range list {
		out[i] = list[i].Sparse
		if list[i].Text != "" || list[i].Embedding != nil {
			s.Errorf("Chunks(sparse) returns %+v; want the sparse vectors only", list[i])
		}
	}
	return out
}

var sparseRules = []rule{
	{"sparse vectors come back by name, in order of their indices, where they are asked for", func(s *suite) {
		ends := domain.SparseVector{Indices: []uint32{math.MaxUint32, 0, 7}, Values: []float32{-3, float32(math.Copysign(0, -1)), 1e-40}}
		s.putSparse(
			withSparse(chunk("both", 1), domain.SparseVectors{"bm25": ends, "text": one(1, 2)}),
			chunk("none", 2),
			withSparse(chunk("empty", 3), domain.SparseVectors{"text": one()}),
		)
		s.same("sparse vectors", s.sparseOf(), []domain.SparseVectors{{
			"bm25": {Indices: []uint32{0, 7, math.MaxUint32}, Values: []float32{float32(math.Copysign(0, -1)), 1e-40, -3}}, "text": one(1, 2),
		}, nil, {"text": one()}})
		if got := s.sparseOf()[0]["bm25"].Values[0]; !math.Signbit(float64(got)) {
			s.Errorf("-0 came back as %g", got)
		}
		for _, c := range s.all("db") {
			if c.Sparse != nil {
				s.Errorf("Chunks(all but sparse) returns %v; they were not asked for", c.Sparse)
			}
		}
		for _, sel := range []domain.Selection{{IDs: []int64{1}}, {IDs: []int64{2, 1}}, {Limit: 1}} {
			list, err := s.repo.Chunks(s.ctx, s.find("db"), sel, allFields|domain.FieldSparse)
			if err != nil || len(list[len(list)-1].Sparse) != 2 || list[len(list)-1].Embedding[0] != 1 || list[len(list)-1].Text != "both" {
				s.Errorf("Chunks(%+v) = %+v, %v; want chunk 1 whole", sel, list, err)
			}
		}
	}},
	{"sparse vectors of the largest size come back", func(s *suite) {
		v := domain.SparseVector{Indices: make([]uint32, domain.MaxSparseEntries), Values: make([]float32, domain.MaxSparseEntries)}
		for i := range v.Indices {
			v.Indices[i], v.Values[i] = uint32(i)*65535, float32(i)
		}
		s.putSparse(withSparse(chunk("large", 1), domain.SparseVectors{"text": v}))
		s.same("sparse vectors", s.sparseOf(), []domain.SparseVectors{{"text": v}})
	}},
	{"sparse vectors under names that are not declared are refused", func(s *suite) {
		bad := withSparse(chunk("bad", 1), domain.SparseVectors{"bm25": one(1, 1), "other": one(1, 1)})
		s.refused(domain.Batch{Database: "new", Create: &domain.Settings{}, Put: []domain.Chunk{bad}}, domain.ErrInvalid)
		s.putSparse(withSparse(chunk("good", 1), domain.SparseVectors{"bm25": one(1, 1)}))
		s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{chunk("two", 2), bad}}, domain.ErrInvalid)
		s.same("sparse vectors", s.sparseOf(), []domain.SparseVectors{{"bm25": one(1, 1)}})
	}},
	{"a chunk that is replaced has the sparse vectors of the new one", func(s *suite) {
		s.putSparse(keyed("a", withSparse(chunk("one", 1), domain.SparseVectors{"bm25": one(1, 1), "text": one(2, 2)})),
			keyed("b", withSparse(chunk("two", 2), domain.SparseVectors{"bm25": one(3, 3)})), keyed("c", chunk("three", 3)))
		s.putSparse(keyed("a", withSparse(chunk("one", 1), domain.SparseVectors{"text": one(4, 4)})),
			keyed("b", chunk("two", 2)), keyed("c", withSparse(chunk("three", 3), domain.SparseVectors{"bm25": one(5, 5)})))
		s.same("sparse vectors", s.sparseOf(), []domain.SparseVectors{{"text": one(4, 4)}, nil, {"bm25": one(5, 5)}})
	}},
	{"the sparse vectors of a chunk that was deleted are those of no other", func(s *suite) {
		s.putSparse(withSparse(chunk("one", 1), domain.SparseVectors{"bm25": one(1, 1)}), withSparse(chunk("two", 2), domain.SparseVectors{"bm25": one(2, 2)}))
		s.write(domain.Batch{Database: "db", Delete: []int64{1}})
		s.same("sparse vectors", s.sparseOf(), []domain.SparseVectors{{"bm25": one(2, 2)}})
		if err := s.repo.Drop(s.ctx, "db", nil); err != nil {
			s.Fatalf("Drop = %v; want nil", err)
		}
		s.putSparse(chunk("one", 1))
		s.same("sparse vectors of the next life", s.sparseOf(), []domain.SparseVectors{nil})
	}},
	{"sparse vectors last, and their names", func(s *suite) {
		var want []domain.SparseVectors
		var list []domain.Chunk
		for i := range 40 {
			v := domain.SparseVectors{"bm25": one(float32(i), 1, 100, float32(i))}
			want, list = append(want, v), append(list, withSparse(chunk(fmt.Sprint(i), float32(i)), v))
		}
		s.putSparse(list...)
		s.reopen()
		s.same("sparse vectors", s.sparseOf(), want)
		s.same("names", s.find("db").Sparse, sparseNames(s))
	}},
	{"names of sparse vectors can be added, and their modifiers changed", func(s *suite) {
		s.putSparse(withSparse(chunk("one", 1), domain.SparseVectors{"bm25": one(1, 1)}))
		_, _, err := s.repo.Create(s.ctx, "db", domain.Settings{Sparse: sparseNames(s)}, nil)
		s.kind("Create with the same names", err, nil)
		more, err := domain.NewSparseNames(map[string]domain.SparseModifier{"bm25": domain.SparseNone, "text": domain.SparseNone, "more": domain.SparseIDF})
		if err != nil {
			s.Fatal(err)
		}
		_, _, err = s.repo.Create(s.ctx, "db", domain.Settings{Sparse: more}, nil)
		s.kind("Create with other names", err, domain.ErrConflict)
		db, err := s.repo.Alter(s.ctx, s.find("db"), func(set *domain.Settings) error { set.Sparse = more; return nil }, nil)
		if err != nil || db.Sparse != more {
			s.Fatalf("Alter = %v, %v; want %v", db.Sparse, err, more)
		}
		s.putSparse(withSparse(chunk("two", 1), domain.SparseVectors{"more": one(1, 1)}))
		s.same("sparse vectors", s.sparseOf(), []domain.SparseVectors{{"bm25": one(1, 1)}, {"more": one(1, 1)}})
	}},
	{"slices of sparse vectors are not kept", func(s *suite) {
		v := domain.SparseVectors{"bm25": one(1, 1, 2, 2)}
		s.putSparse(withSparse(chunk("one", 1), v))
		v["bm25"].Values[0], v["bm25"].Indices[1] = 9, 9
		got := s.sparseOf()
		s.same("after the caller changed its slices", got, []domain.SparseVectors{{"bm25": one(1, 1, 2, 2)}})
		got[0]["bm25"].Values[0] = 7
		s.same("after the caller changed what it got", s.sparseOf(), []domain.SparseVectors{{"bm25": one(1, 1, 2, 2)}})
	}},
	{"sparse vectors count among the bytes of a read", func(s *suite) {
		s.putSparse(withSparse(chunk("one", 1), domain.SparseVectors{"bm25": one(1, 1, 2, 2)}), chunk("two", 2))
		for most, want := range map[int64]error{19: domain.ErrTooLarge, 20: nil} {
			_, err := s.repo.Chunks(s.ctx, s.find("db"), domain.Selection{Limit: 9, MaxBytes: most}, domain.FieldSparse)
			s.kind(fmt.Sprintf("Chunks(MaxBytes %d)", most), err, want)
		}
	}},
	{"sparse vectors stay while all embeddings are exchanged", func(s *suite) {
		v := domain.SparseVectors{"bm25": one(1, 1)}
		s.putSparse(withSparse(chunk("one", 1), v), chunk("two", 2))
		s.begin("db", other)
		s.embedAll("db", 1)
		if _, err := s.repo.SwapEmbeddings(s.ctx, s.find("db"), func(domain.Settings) error { return nil }, nil); err != nil {
			s.Fatalf("SwapEmbeddings = %v; want nil", err)
		}
		s.same("sparse vectors", s.sparseOf(), []domain.SparseVectors{v, nil})
		report, err := s.repo.Verify(s.ctx, false, nil)
		if err != nil || len(report.Findings) > 0 {
			s.Errorf("Verify = %+v, %v; want nothing found", report.Findings, err)
		}
	}},
	{"a refused batch leaves sparse vectors as they were", func(s *suite) {
		v := domain.SparseVectors{"bm25": one(1, 1)}
		s.putSparse(keyed("a", withSparse(chunk("one", 1), v)))
		s.refused(domain.Batch{Database: "db", Delete: []int64{1}, Put: []domain.Chunk{{ID: 99, Embedding: []float32{1}}}}, domain.ErrNotFound)
		s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{keyed("a", chunk("one", 1)), {ID: 99, Embedding: []float32{1}}}}, domain.ErrNotFound)
		s.same("sparse vectors", s.sparseOf(), []domain.SparseVectors{v})
	}},
}
