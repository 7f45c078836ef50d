package repotest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/memista/memista/internal/domain"
)

func isKind(err, kind error) bool { return errors.Is(err, kind) }

var writeRules = []rule{
	{"an insert makes the database and numbers its chunks from 1 in order", func(s *suite) {
		c := s.put("db", numbered(3)...)
		s.same("IDs", c.IDs, upTo(1, 3))
		if !c.Created || c.Database.Chunks != 3 || c.Database.Dims != 3 || c.Database.ID != "db" || c.Written != nil {
			s.Errorf("Write(3 chunks) = %+v; want Created, 3 chunks of 3 dims, Written nil", c)
		}
		second := s.put("db", numbered(2)...)
		s.same("IDs of the second insert", second.IDs, upTo(4, 5))
		if second.Created {
			s.Errorf("the second insert says that it made the database")
		}
		s.same("Find", s.find("db"), second.Database)
		s.same("texts", texts(s.all("db")), append(texts(numbered(3)), texts(numbered(2))...))
	}},
	{"a batch with one bad chunk stores nothing", func(s *suite) {
		bad := append(numbered(20), chunk("two components", 1, 2))
		s.refused(domain.Batch{Database: "new", Create: &domain.Settings{}, Put: bad}, domain.ErrDimension)
		_, err := s.repo.Find(s.ctx, "new")
		s.kind("Find after a refused first batch", err, domain.ErrNotFound)

		s.put("db", numbered(3)...)
		before := s.find("db")
		s.refused(domain.Batch{Database: "db", Put: bad}, domain.ErrDimension)
		s.same("database after a refused batch", s.find("db"), before)
		s.same("ids after a refused batch", ids(s.all("db")), upTo(1, 3))
		s.same("ids of the next insert", s.put("db", numbered(1)...).IDs, upTo(4, 4))
	}},
	{"a refused batch undoes its deletes and keys", func(s *suite) {
		s.put("db", keyed("a", chunk("one", 1)), chunk("two", 2))
		s.refused(domain.Batch{Database: "db", Delete: []int64{1, 2},
			Put: []domain.Chunk{keyed("b", chunk("three", 3)), {ID: 99, Embedding: []float32{1}}}}, domain.ErrNotFound)
		s.same("ids", ids(s.all("db")), upTo(1, 2))
		s.same("chunks with keys a and b", texts(s.chunks("db", domain.Selection{Keys: []string{"a", "b"}})), []string{"one"})
	}},
	{"the first embedding decides the dimension, and others are refused", func(s *suite) {
		db, _, err := s.repo.Create(s.ctx, "db", domain.Settings{}, nil)
		if err != nil || db.Dims != 0 {
			s.Fatalf("Create(no settings) = %+v, %v; want no dims yet", db, err)
		}
		s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{chunk("none")}}, domain.ErrDimension)
		s.same("dims", s.put("db", chunk("four", 1, 2, 3, 4)).Database.Dims, 4)
		s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{chunk("three", 1, 2, 3)}}, domain.ErrDimension)
		s.refused(domain.Batch{Database: "fixed", Create: &domain.Settings{Dims: 2}, Put: []domain.Chunk{chunk("three", 1, 2, 3)}}, domain.ErrDimension)
	}},
	{"a put with an id replaces that chunk, and an unknown id is ErrNotFound", func(s *suite) {
		s.put("db", numbered(3)...)
		c := chunk("new two", 7, 8, 9)
		c.ID = 2
		commit := s.write(domain.Batch{Database: "db", Put: []domain.Chunk{c}})
		s.same("IDs", commit.IDs, []int64{2})
		if commit.Database.Chunks != 3 || commit.Database.Sequence != 4 {
			s.Errorf("after a replacement Chunks = %d, Sequence = %d; want 3, 4", commit.Database.Chunks, commit.Database.Sequence)
		}
		got := s.chunks("db", domain.Selection{IDs: []int64{2}})
		c.Sequence = 4
		s.same("replaced chunk", got, []domain.Chunk{c})
		for _, id := range []int64{4, -1, 1 << 40} {
			c.ID = id
			s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{c}}, domain.ErrNotFound)
		}
	}},
	{"a put with the id of a chunk put twice keeps the last", func(s *suite) {
		s.put("db", numbered(1)...)
		first, last := chunk("first", 1, 1, 1), chunk("last", 2, 2, 2)
		first.ID, last.ID = 1, 1
		s.same("sequence", s.write(domain.Batch{Database: "db", Put: []domain.Chunk{first, last}}).Database.Sequence, int64(3))
		s.same("texts", texts(s.all("db")), []string{"last"})
	}},
	{"every changed chunk is one step of the sequence, and carries its own", func(s *suite) {
		first := s.put("db", numbered(3)...).Database
		s.same("sequence after 3 inserts", first.Sequence, int64(3))
		var sequences []int64
		for _, c := range s.all("db") {
			sequences = append(sequences, c.Sequence)
		}
		s.same("sequences of the chunks", sequences, upTo(1, 3))
		second := s.write(domain.Batch{Database: "db", Delete: []int64{1, 3, 77}, Put: numbered(1)}).Database
		s.same("sequence after 2 deletes and an insert", second.Sequence, int64(6))
		s.same("sequence of another database", s.put("other", numbered(1)...).Database.Sequence, int64(1))
		third := s.write(domain.Batch{Database: "db"}).Database
		s.same("database after an empty batch", third, second)
		if first.Hash == second.Hash || first.Hash == (domain.Hash{}) {
			s.Errorf("hashes %x and %x; want two that are not zero and differ", first.Hash, second.Hash)
		}
	}},
	{"the check of a batch sees the database and can refuse it", func(s *suite) {
		stop := domain.Errorf(domain.ErrTooLarge, "no more")
		var seen []int64
		check := func(db domain.Database) error {
			seen = append(seen, db.Chunks)
			if db.Chunks >= 2 {
				return stop
			}
			return nil
		}
		b := domain.Batch{Database: "db", Create: &domain.Settings{}, Put: numbered(2), Check: check}
		s.write(b)
		s.refused(b, domain.ErrTooLarge)
		s.same("chunks that Check saw", seen, []int64{0, 2})
		b.Database, b.Check = "other", func(domain.Database) error { return stop }
		s.refused(b, domain.ErrTooLarge)
		_, err := s.repo.Find(s.ctx, "other")
		s.kind("Find of a database whose first batch was refused", err, domain.ErrNotFound)
	}},
	{"a batch is refused if what it changes was written after its sequence", func(s *suite) {
		seen := s.put("db", keyed("a", chunk("one", 1)), chunk("two", 2)).Database.Sequence
		s.put("db", keyed("a", chunk("newer one", 1)))
		two := chunk("newer two", 2)
		two.ID = 2
		one := chunk("newest one", 1)
		one.ID = 1
		s.refused(domain.Batch{Database: "db", IfSequence: seen, Put: []domain.Chunk{two, one}}, domain.ErrConflict)
		s.refused(domain.Batch{Database: "db", IfSequence: seen, Put: []domain.Chunk{keyed("a", chunk("x", 1))}}, domain.ErrConflict)
		s.refused(domain.Batch{Database: "db", IfSequence: seen, Delete: []int64{2, 1}}, domain.ErrConflict)
		s.same("texts", texts(s.all("db")), []string{"newer one", "two"})
		s.write(domain.Batch{Database: "db", IfSequence: seen, Put: []domain.Chunk{two}})
		s.same("texts", texts(s.all("db")), []string{"newer one", "newer two"})
	}},
	{"a put can leave the embedding as it is, and is refused if that is another", func(s *suite) {
		s.put("db", keyed("a", chunk("one", 1, 2)), chunk("two", 3, 4))
		one, two := chunk("newer one", 1, 2), chunk("newer two", 5, 6)
		one.ID, one.Key, two.ID = 1, "a", 2
		b := domain.Batch{Database: "db", Put: []domain.Chunk{one, two}, SameEmbedding: []bool{true, true}}
		s.refused(b, domain.ErrConflict)
		b.SameEmbedding = []bool{true, false}
		commit := s.write(b)
		s.same("sequence", commit.Database.Sequence, int64(4))
		one.Sequence, two.Sequence = 3, 4
		s.same("chunks", s.all("db"), []domain.Chunk{one, two})
		third := keyed("new", chunk("three", 7, 8))
		s.write(domain.Batch{Database: "db", Put: []domain.Chunk{third}, SameEmbedding: []bool{true}})
		s.same("embedding of a chunk that is new", s.chunks("db", domain.Selection{Keys: []string{"new"}})[0].Embedding, third.Embedding)
		two.Text = "newest two"
		again := two
		again.Embedding = []float32{9, 9}
		s.write(domain.Batch{Database: "db", Put: []domain.Chunk{again, again}, SameEmbedding: []bool{false, true}})
		s.same("embedding that the batch itself has written", s.chunks("db", domain.Selection{IDs: []int64{2}})[0].Embedding, again.Embedding)
	}},
	{"a big batch is stored whole", func(s *suite) {
		const n = 3001 // no multiple of a statement's rows
		s.same("IDs", s.put("db", numbered(n)...).IDs, upTo(1, n))
		s.same("texts", texts(s.all("db")), texts(numbered(n)))
	}},
	{"slices of a batch are not kept", func(s *suite) {
		put, deletes := numbered(2), []int64{1}
		s.put("db", numbered(1)...)
		s.write(domain.Batch{Database: "db", Put: put, Delete: deletes})
		put[0].Embedding[0], put[1], deletes[0] = 99, domain.Chunk{}, 2
		got := s.all("db")
		s.same("ids", ids(got), upTo(2, 3))
		s.same("embedding", got[0].Embedding, numbered(1)[0].Embedding)
		got[0].Embedding[0] = 77
		s.same("embedding after the caller changed its copy", s.all("db")[0].Embedding, numbered(1)[0].Embedding)
	}},
}

var deleteRules = []rule{
	{"a delete returns what was there, passes over the rest and stays", func(s *suite) {
		s.put("db", numbered(5)...)
		c := s.write(domain.Batch{Database: "db", Delete: []int64{4, 2, 99, 2, -7, 0, 1 << 50}})
		slices.Sort(c.Deleted)
		s.same("Deleted", c.Deleted, []int64{2, 4})
		s.same("count", c.Database.Chunks, int64(3))
		s.same("ids", ids(s.all("db")), []int64{1, 3, 5})
		s.same("ids of deleted chunks", ids(s.chunks("db", domain.Selection{IDs: []int64{2, 4}})), []int64{})
	}},
	{"ids are never used again in one life", func(s *suite) {
		s.put("db", numbered(3)...)
		s.write(domain.Batch{Database: "db", Delete: []int64{1, 2, 3}})
		s.same("IDs after all were deleted", s.put("db", numbered(2)...).IDs, upTo(4, 5))
	}},
	{"deletes come before puts", func(s *suite) {
		s.put("db", keyed("a", chunk("old", 1)))
		c := s.write(domain.Batch{Database: "db", Delete: []int64{1, 2}, Put: []domain.Chunk{keyed("a", chunk("new", 1))}})
		s.same("IDs", c.IDs, []int64{2})
		s.same("Deleted", c.Deleted, []int64{1})
		gone := chunk("gone", 1)
		gone.ID = 2
		s.refused(domain.Batch{Database: "db", Delete: []int64{2}, Put: []domain.Chunk{gone}}, domain.ErrNotFound)
	}},
	{"many deletes at once", func(s *suite) {
		const n = 2000
		chunks := numbered(n)
		var even []int64
		for i := range chunks {
			chunks[i].Key = fmt.Sprint("key", i+1)
			if i%2 == 1 {
				even = append(even, int64(i+1))
			}
		}
		s.put("db", chunks...)
		s.same("Deleted", len(s.write(domain.Batch{Database: "db", Delete: even}).Deleted), n/2)
		s.same("chunks left", len(s.all("db")), n/2)
		s.same("keys of deleted chunks", len(s.chunks("db", domain.Selection{Keys: []string{"key2", "key2000"}})), 0)
	}},
}
