package repotest

import (
	"strings"

	"github.com/memista/memista/internal/domain"
)

var keyRules = []rule{
	{"replacing by key keeps the chunk id and leaves nothing of the old chunk", func(s *suite) {
		s.put("db", keyed("a", chunk("one", 1, 2)), chunk("two", 3, 4))
		c := s.put("db", keyed("a", chunk("new", 5, 6)), keyed("b", chunk("three", 7, 8)))
		s.same("IDs", c.IDs, []int64{1, 3})
		s.same("count", c.Database.Chunks, int64(3))
		want := keyed("a", chunk("new", 5, 6))
		want.ID, want.Sequence = 1, 3
		s.same("chunk a", s.chunks("db", domain.Selection{Keys: []string{"a"}}), []domain.Chunk{want})
	}},
	{"refusing a key that exists stores nothing", func(s *suite) {
		s.put("db", keyed("a", chunk("one", 1)))
		s.refused(domain.Batch{Database: "db", OnConflict: domain.Refuse,
			Put: []domain.Chunk{keyed("b", chunk("two", 2)), keyed("a", chunk("new", 3))}}, domain.ErrConflict)
		s.same("texts", texts(s.all("db")), []string{"one"})
	}},
	{"skipping leaves the stored chunk as it is and says so", func(s *suite) {
		before := s.put("db", keyed("a", chunk("one", 1))).Database
		c := s.write(domain.Batch{Database: "db", OnConflict: domain.Skip,
			Put: []domain.Chunk{chunk("two", 2), keyed("a", chunk("new", 3)), keyed("b", chunk("three", 4))}})
		s.same("IDs", c.IDs, []int64{2, 1, 3})
		s.same("Written", c.Written, []bool{true, false, true})
		s.same("sequence", c.Database.Sequence, before.Sequence+2)
		s.same("texts", texts(s.all("db")), []string{"one", "two", "three"})
	}},
	{"a key twice in one batch acts in order", func(s *suite) {
		twice := []domain.Chunk{keyed("a", chunk("first", 1)), keyed("a", chunk("last", 2))}
		s.same("IDs", s.put("db", twice...).IDs, []int64{1, 1})
		s.same("texts", texts(s.all("db")), []string{"last"})
		s.refused(domain.Batch{Database: "new", Create: &domain.Settings{}, OnConflict: domain.Refuse, Put: twice}, domain.ErrConflict)
	}},
	{"a put with an id moves the key", func(s *suite) {
		s.put("db", keyed("a", chunk("one", 1)), keyed("b", chunk("two", 2)))
		one := keyed("c", chunk("one", 1))
		one.ID = 1
		s.write(domain.Batch{Database: "db", Put: []domain.Chunk{one}})
		s.same("ids by key", ids(s.chunks("db", domain.Selection{Keys: []string{"a", "c", "b"}})), []int64{1, 2})
		one.Key = "b"
		s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{one}}, domain.ErrConflict)
		one.Key = ""
		s.write(domain.Batch{Database: "db", Put: []domain.Chunk{one}})
		s.same("ids of the key given up", ids(s.chunks("db", domain.Selection{Keys: []string{"c"}})), []int64{})
		s.same("IDs of the next with that key", s.put("db", keyed("c", chunk("three", 3))).IDs, []int64{3})
	}},
	{"a deleted chunk's key is free", func(s *suite) {
		s.put("db", keyed("a", chunk("one", 1)))
		s.write(domain.Batch{Database: "db", Delete: []int64{1}})
		s.same("ids by key", ids(s.chunks("db", domain.Selection{Keys: []string{"a"}})), []int64{})
		s.same("IDs", s.put("db", keyed("a", chunk("two", 1))).IDs, []int64{2})
	}},
	{"keys are exact, and each database has its own", func(s *suite) {
		keys := []string{"a", "A", "a ", "ä", "a\u0308", "%", "_", `"`, "'", "\\", "日本語", "🙂", strings.Repeat("k", domain.MaxKeyLength)}
		for _, id := range []string{"one", "two"} {
			var chunks []domain.Chunk
			for _, key := range keys {
				chunks = append(chunks, keyed(key, chunk(id+key, 1)))
			}
			s.same("IDs", s.put(id, chunks...).IDs, upTo(1, int64(len(keys))))
		}
		got := s.chunks("one", domain.Selection{Keys: keys})
		s.same("ids by key", ids(got), upTo(1, int64(len(keys))))
		for i, c := range got {
			s.same("key", c.Key, keys[i])
		}
	}},
}
