package repotest

import (
	"github.com/memista/memista/internal/domain"
)

// optional are the settings of a database whose chunks need no embedding.
var optional = domain.Settings{OptionalEmbeddings: true, Metric: domain.Cosine}

// putOptional stores chunks in database id, which it makes so.
func (s *suite) putOptional(id string, chunks ...domain.Chunk) domain.Commit {
	s.Helper()
	return s.write(domain.Batch{Database: id, Create: &optional, Put: chunks})
}

// embeddings returns those of all chunks of database id.
func (s *suite) embeddings(id string) (list [][]float32) {
	s.Helper()
	for _, c := range s.all(id) {
		list = append(list, c.Embedding)
	}
	return list
}

// unharmed checks that a verification finds nothing.
func (s *suite) unharmed() {
	s.Helper()
	report, err := s.repo.Verify(s.ctx, false, nil)
	if err != nil || len(report.Findings) > 0 {
		s.Errorf("Verify = %+v, %v; want no findings", report.Findings, err)
	}
}

var optionalRules = []rule{
	{"optional embeddings: without them a chunk needs one", func(s *suite) {
		s.refused(domain.Batch{Database: "db", Create: &domain.Settings{Metric: domain.Cosine}, Put: []domain.Chunk{chunk("none")}}, domain.ErrDimension)
	}},
	{"optional embeddings: a chunk is kept without one, and the first one decides the dimension", func(s *suite) {
		if d := s.putOptional("db", chunk("none"), keyed("k", chunk("neither"))).Database; d.Dims != 0 || d.Chunks != 2 || !d.OptionalEmbeddings {
			s.Errorf("database after chunks without embedding = %+v; want 2 chunks and no dimension", d)
		}
		if d := s.putOptional("db", chunk("three", 1, 2, 3), chunk("zero", 0, 0, 0), chunk("none")).Database; d.Dims != 3 || d.Chunks != 5 {
			s.Errorf("database after one of 3 components = %+v; want that dimension and 5 chunks", d)
		}
		s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{chunk("none"), chunk("two", 1, 2)}}, domain.ErrDimension)
		want := [][]float32{nil, nil, {1, 2, 3}, {0, 0, 0}, nil}
		s.same("embeddings", s.embeddings("db"), want)
		s.unharmed()
		if s.config.Reopen != nil {
			s.reopen()
			s.same("embeddings", s.embeddings("db"), want)
			s.unharmed()
		}
	}},
	{"optional embeddings: they come and go with each write of a chunk", func(s *suite) {
		s.putOptional("db", keyed("a", chunk("a", 1, 2)), keyed("b", chunk("b")), chunk("c"))
		s.putOptional("db", keyed("a", chunk("a")), keyed("b", chunk("b", 3, 4)), domain.Chunk{ID: 3, Text: "c", Embedding: []float32{5, 6}})
		s.same("embeddings", s.embeddings("db"), [][]float32{nil, {3, 4}, {5, 6}})
		s.unharmed()
		s.putOptional("db", keyed("a", chunk("a", 7, 8)), keyed("b", chunk("b", 9, 9)), domain.Chunk{ID: 3, Text: "c"})
		s.same("embeddings", s.embeddings("db"), [][]float32{{7, 8}, {9, 9}, nil})
		s.unharmed()
		s.write(domain.Batch{Database: "db", Delete: []int64{1, 3}})
		s.same("embeddings", s.embeddings("db"), [][]float32{{9, 9}})
		s.unharmed()
	}},
	{"optional embeddings: large batches with and without", func(s *suite) {
		chunks := numbered(100)
		var want [][]float32
		for i := range chunks {
			if i%3 == 0 || i > 16 && i < 48 {
				chunks[i].Embedding = nil
			}
			want = append(want, chunks[i].Embedding)
		}
		s.putOptional("db", chunks...)
		s.same("embeddings", s.embeddings("db"), want)
		s.unharmed()
	}},
	{"optional embeddings: chunks have metadata of every form", func(s *suite) {
		object, err := domain.MetadataObject([]byte(`{"a":1}`))
		if err != nil {
			s.Fatal(err)
		}
		all := []domain.Metadata{{}, domain.MetadataString("a string"), object}
		for _, m := range all {
			s.putOptional("db", domain.Chunk{Text: "t", Metadata: m})
		}
		for i, c := range s.all("db") {
			s.same("metadata", c.Metadata, all[i])
		}
		s.unharmed()
	}},
	{"optional embeddings: other ones are made of every text", func(s *suite) {
		s.putOptional("db", chunk("with", 1, 2, 3), chunk("without"), domain.Chunk{}, keyed("k", chunk("k")))
		s.begin("db", other)
		s.same("ids without embedding", ids(s.unembedded("db", 10)), []int64{1, 2, 4})
		s.embedAll("db", 2)
		s.putOptional("db", keyed("k", domain.Chunk{}), domain.Chunk{}, chunk("late"))
		list, err := s.repo.Embedded(s.ctx, s.find("db"), 0, 10)
		if err != nil {
			s.Fatal(err)
		}
		s.same("ids of Embedded", ids(list), []int64{1, 2, 3, 4, 5})
		s.embedAll("db", 2)
		s.swap("db")
		want := [][]float32{otherEmbedding("with"), otherEmbedding("without"), nil, nil, nil, otherEmbedding("late")}
		s.same("embeddings", s.embeddings("db"), want)
		s.unharmed()
		s.putOptional("db", chunk("none"), domain.Chunk{ID: 1, Text: "with"})
		want[0] = nil
		s.same("embeddings", s.embeddings("db"), append(want, nil))
		s.unharmed()
	}},
	{"optional embeddings: one without text cannot be made anew", func(s *suite) {
		s.putOptional("db", domain.Chunk{Embedding: []float32{1, 2}}, domain.Chunk{}, chunk("x"))
		_, err := s.repo.BeginReembedding(s.ctx, s.find("db"), other)
		s.kind("BeginReembedding", err, domain.ErrInvalid)
	}},
}
