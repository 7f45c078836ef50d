package repotest

import (
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// other is what databases of these rules are to become: of one component more.
var other = domain.Reembedding{
	Embedder: domain.Embedder{EmbedderRef: domain.EmbedderRef{Provider: "fake", Model: "other"}, Fingerprint: "f2"},
	Dims:     4, Metric: domain.Cosine,
}

// otherEmbedding is the embedding of a text by that.
func otherEmbedding(text string) []float32 {
	v := []float32{1, float32(len(text)), 0, 0}
	for i := range len(text) {
		v[2] = v[2]*0.5 + float32(text[i])
	}
	return v
}

// begin begins a change of embedder, waiting for the space of an earlier one.
func (s *suite) begin(id string, r domain.Reembedding) (done int64) {
	s.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		done, err := s.repo.BeginReembedding(s.ctx, s.find(id), r)
		if err == nil {
			return done
		}
		if !errors.Is(err, domain.ErrBusy) || time.Now().After(end) {
			s.Fatalf("BeginReembedding(%q) = %v; want nil", id, err)
		}
	}
}

// unembedded reads what lacks an embedding.
func (s *suite) unembedded(id string, limit int) []domain.Chunk {
	s.Helper()
	list, err := s.repo.Unembedded(s.ctx, s.find(id), limit)
	if err != nil {
		s.Fatalf("Unembedded(%q) = %v; want nil", id, err)
	}
	return list
}

// putEmbeddings keeps embeddings of what unembedded returned.
func (s *suite) putEmbeddings(id string, list []domain.Chunk) (kept []int64) {
	s.Helper()
	for i := range list {
		list[i].Embedding = otherEmbedding(list[i].Text)
	}
	told := 0
	if err := s.repo.PutEmbeddings(s.ctx, s.find(id), list, func(ids []int64) { kept = ids; told++ }); err != nil {
		s.Fatalf("PutEmbeddings(%q) = %v; want nil", id, err)
	}
	if len(list) > 0 && told != 1 {
		s.Errorf("PutEmbeddings(%q) told of it %d times; want 1", id, told)
	}
	return kept
}

// embedAll keeps embeddings of all that lack one, n at a time.
func (s *suite) embedAll(id string, n int) {
	s.Helper()
	for list := s.unembedded(id, n); len(list) > 0; list = s.unembedded(id, n) {
		s.putEmbeddings(id, list)
	}
}

func fine(domain.Settings) error { return nil }

// swap puts the embeddings that were made in place, which must be fine.
func (s *suite) swap(id string) domain.Database {
	s.Helper()
	var told []domain.Database
	d, err := s.repo.SwapEmbeddings(s.ctx, s.find(id), fine, func(d domain.Database) { told = append(told, d) })
	if err != nil {
		s.Fatalf("SwapEmbeddings(%q) = %v; want nil", id, err)
	}
	if len(told) != 1 || told[0] != d || s.find(id) != d {
		s.Errorf("SwapEmbeddings(%q) = %+v, told %+v, Find = %+v; want all alike", id, d, told, s.find(id))
	}
	return d
}

// sound checks that a verification finds nothing, and that each chunk has the embedding of
// its text that it is to have.
func (s *suite) sound(id string) {
	s.Helper()
	report, err := s.repo.Verify(s.ctx, false, nil)
	if err != nil || len(report.Findings) > 0 {
		s.Errorf("Verify = %+v, %v; want no findings", report.Findings, err)
	}
	for _, c := range s.all(id) {
		s.same(fmt.Sprintf("embedding of chunk %d", c.ID), c.Embedding, otherEmbedding(c.Text))
	}
}

var reembedRules = []rule{
	{"reembed: all embeddings are exchanged in one step with their settings", func(s *suite) {
		before := s.put("db", numbered(20)...).Database
		want := s.all("db")
		s.begin("db", other)
		s.embedAll("db", 7)
		s.same("chunks before the swap", s.all("db"), want)
		s.same("database before the swap", s.find("db"), before)
		after := s.swap("db")
		for i := range want {
			want[i].Embedding = otherEmbedding(want[i].Text)
		}
		s.same("chunks after the swap", s.all("db"), want)
		if after.Sequence != before.Sequence+1 || after.Hash == before.Hash || after.Settings != other.Apply(before.Settings) || !after.SameLife(before) {
			s.Errorf("SwapEmbeddings = %+v; want the life of %+v, one change later, with the settings of %+v", after, before, other)
		}
		s.sound("db")
		s.put("db", chunk("new", otherEmbedding("new")...), keyed("k", chunk("one", otherEmbedding("one")...)))
		s.put("db", keyed("k", chunk("two", otherEmbedding("two")...)))
		s.write(domain.Batch{Database: "db", Delete: []int64{1, 2}})
		s.sound("db")
		if s.config.Reopen != nil {
			s.reopen()
			s.sound("db")
		}
	}},
	{"reembed: what is written meanwhile is embedded again", func(s *suite) {
		s.put("db", numbered(10)...)
		s.begin("db", other)
		s.embedAll("db", 4)
		s.write(domain.Batch{Database: "db", Put: []domain.Chunk{{ID: 3, Text: "three", Embedding: []float32{1, 2, 3}}, chunk("eleven", 1, 2, 3)}, Delete: []int64{5, 6}})
		_, err := s.repo.SwapEmbeddings(s.ctx, s.find("db"), fine, func(domain.Database) { s.Error("told of a swap that lacks embeddings") })
		s.kind("SwapEmbeddings without embeddings of two chunks", err, domain.ErrConflict)
		s.embedAll("db", 1)
		s.swap("db")
		s.same("ids", ids(s.all("db")), []int64{1, 2, 3, 4, 7, 8, 9, 10, 11})
		s.sound("db")
	}},
	{"reembed: embeddings of texts that have moved on are passed over", func(s *suite) {
		s.put("db", numbered(6)...)
		s.begin("db", other)
		list := s.unembedded("db", 4)
		s.same("what lacks an embedding", ids(list), upTo(1, 4))
		s.write(domain.Batch{Database: "db", Put: []domain.Chunk{{ID: 4, Text: "four", Embedding: []float32{1, 2, 3}}}, Delete: []int64{2}})
		s.same("ids that were kept", s.putEmbeddings("db", list), []int64{1, 3})
		s.write(domain.Batch{Database: "db", Delete: []int64{1}})
		s.embedAll("db", 10)
		got, err := s.repo.Embedded(s.ctx, s.find("db"), 3, 2)
		if err != nil {
			s.Fatalf("Embedded = %v; want nil", err)
		}
		s.same("ids with an embedding, two after 3", ids(got), []int64{4, 5})
		s.same("embedding of chunk 4", got[0].Embedding, otherEmbedding("four"))
		s.swap("db")
		s.sound("db")
	}},
	{"reembed: it goes on where it was", func(s *suite) {
		s.put("db", numbered(10)...)
		s.begin("db", other)
		s.putEmbeddings("db", s.unembedded("db", 4))
		if s.config.Reopen != nil {
			s.reopen()
		}
		all, err := s.repo.Reembeddings(s.ctx)
		if err != nil {
			s.Fatalf("Reembeddings = %v; want nil", err)
		}
		s.same("what is under way", all, map[string]domain.Reembedding{"db": other})
		s.same("chunks done", s.begin("db", other), int64(4))
		s.same("what lacks an embedding", ids(s.unembedded("db", 100)), upTo(5, 10))
		another := other
		another.Embedder.Fingerprint = "f3"
		_, err = s.repo.BeginReembedding(s.ctx, s.find("db"), another)
		s.kind("BeginReembedding for another model", err, domain.ErrConflict)
		s.embedAll("db", 100)
		s.swap("db")
		s.sound("db")
	}},
	{"reembed: what is forgotten leaves all as it was", func(s *suite) {
		before := s.put("db", numbered(10)...).Database
		want := s.all("db")
		for range 2 {
			s.begin("db", other)
			s.putEmbeddings("db", s.unembedded("db", 4))
			if err := s.repo.ForgetReembedding(s.ctx, before); err != nil {
				s.Fatalf("ForgetReembedding = %v; want nil", err)
			}
		}
		s.same("chunks", s.all("db"), want)
		s.same("database", s.find("db"), before)
		all, err := s.repo.Reembeddings(s.ctx)
		if err != nil || len(all) != 0 {
			s.Errorf("Reembeddings = %v, %v; want none", all, err)
		}
		_, err = s.repo.Unembedded(s.ctx, before, 1)
		s.kind("Unembedded of what was forgotten", err, domain.ErrConflict)
		_, err = s.repo.SwapEmbeddings(s.ctx, before, fine, nil)
		s.kind("SwapEmbeddings of what was forgotten", err, domain.ErrConflict)
		s.same("chunks done", s.begin("db", other), int64(0))
		s.embedAll("db", 100)
		s.swap("db")
		s.sound("db")
		third := other
		third.Embedder.Fingerprint, third.Metric = "f3", domain.InnerProduct
		s.begin("db", third) // in the slot of the first ones
		s.embedAll("db", 100)
		s.swap("db")
		s.sound("db")
	}},
	{"reembed: an error of check refuses the swap", func(s *suite) {
		before := s.put("db", numbered(3)...).Database
		s.begin("db", other)
		s.embedAll("db", 3)
		_, err := s.repo.SwapEmbeddings(s.ctx, before, func(set domain.Settings) error {
			s.same("settings that are checked", set, other.Apply(before.Settings))
			return errRefused
		}, func(domain.Database) { s.Error("told of it") })
		if !errors.Is(err, errRefused) || s.find("db") != before {
			s.Errorf("SwapEmbeddings = %v, Find = %+v; want its error, %+v", err, s.find("db"), before)
		}
		s.swap("db")
	}},
	{"reembed: chunks without text are counted and refused", func(s *suite) {
		s.put("db", chunk("one", 1), chunk("", 2), chunk("", 3))
		_, err := s.repo.BeginReembedding(s.ctx, s.find("db"), other)
		s.kind("BeginReembedding of chunks without text", err, domain.ErrInvalid)
		if err != nil && err.Error()[:1] != "2" {
			s.Errorf("BeginReembedding = %v; want it to say that it is 2", err)
		}
		s.write(domain.Batch{Database: "db", Delete: []int64{2, 3}})
		s.begin("db", other)
		s.embedAll("db", 10)
		s.swap("db")
		s.sound("db")
	}},
	{"reembed: no change of before is remembered", func(s *suite) {
		s.put("db", numbered(5)...)
		old, err := s.repo.KeepChanges(s.ctx, s.find("db"), 0)
		if err != nil {
			s.Fatalf("KeepChanges = %v; want nil", err)
		}
		s.begin("db", other)
		s.embedAll("db", 10)
		now := s.swap("db")
		_, err = s.repo.ChangesSince(s.ctx, now, ports.Snapshot{Incarnation: old.Incarnation, Sequence: old.Sequence, Hash: old.Hash})
		s.kind("ChangesSince a state before the swap", err, domain.ErrStaleSnapshot)
	}},
	{"reembed: a database that is dropped takes all with it", func(s *suite) {
		old := s.put("db", numbered(200)...).Database
		s.begin("db", other)
		s.putEmbeddings("db", s.unembedded("db", 150))
		if err := s.repo.Drop(s.ctx, "db", nil); err != nil {
			s.Fatalf("Drop = %v; want nil", err)
		}
		s.put("db", numbered(5)...)
		_, err := s.repo.Unembedded(s.ctx, old, 1)
		s.kind("Unembedded of a life that has ended", err, domain.ErrNotFound)
		s.kind("PutEmbeddings in a life that has ended", s.repo.PutEmbeddings(s.ctx, old, numbered(1), nil), domain.ErrNotFound)
		_, err = s.repo.SwapEmbeddings(s.ctx, old, fine, nil)
		s.kind("SwapEmbeddings in a life that has ended", err, domain.ErrNotFound)
		_, err = s.repo.BeginReembedding(s.ctx, old, other)
		s.kind("BeginReembedding in a life that has ended", err, domain.ErrNotFound)
		s.kind("ForgetReembedding in a life that has ended", s.repo.ForgetReembedding(s.ctx, old), domain.ErrNotFound)
		s.begin("db", other)
		s.embedAll("db", 2)
		s.swap("db")
		s.sound("db")
	}},
}
