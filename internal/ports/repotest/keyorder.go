package repotest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/memista/memista/internal/domain"
)

// inKeyOrder reads a page of database id.
func (s *suite) inKeyOrder(id string, sel domain.KeySelection, fields domain.Fields) domain.KeyPage {
	s.Helper()
	page, err := s.repo.InKeyOrder(s.ctx, s.find(id), sel, fields)
	if err != nil {
		s.Fatalf("InKeyOrder(%q, %+v) = %v; want nil", id, sel, err)
	}
	return page
}

// keyWalk checks the ids of a page and what follows it.
func (s *suite) keyWalk(what string, sel domain.KeySelection, want []int64, next domain.Ref) {
	s.Helper()
	page := s.inKeyOrder("db", sel, 0)
	s.same(what, ids(page.Chunks), want)
	s.same(what+": what follows", page.Next, next)
}

var keyOrderRules = []rule{
	{"some of the first chunks by id are passed over", func(s *suite) {
		old := chunk("2", 1)
		old.ExpiresAt = time.Unix(100, 0)
		s.put("db", chunk("1", 1), old, chunk("3", 1), chunk("4", 1), chunk("5", 1))
		s.same("ids after 1", ids(s.chunks("db", domain.Selection{After: 1, Skip: 2, Limit: 9})), []int64{4, 5})
		s.same("ids at a time", ids(s.chunks("db", domain.Selection{Skip: 1, Limit: 2, At: time.Unix(100, 0)})), []int64{3, 4})
		s.same("ids behind the last", ids(s.chunks("db", domain.Selection{Skip: 5, Limit: 2})), []int64{})
	}},
	{"chunks come in the bytewise order of keys, those without one first by id", func(s *suite) {
		s.put("db", keyed("b", chunk("1", 1)), chunk("2", 1), keyed("B", chunk("3", 1)), keyed("a b", chunk("4", 1)),
			chunk("5", 1), keyed("ä", chunk("6", 1)), keyed("a", chunk("7", 1)), keyed("日", chunk("8", 1)))
		s.put("other", keyed("aa", chunk("x", 1)), chunk("y", 1))
		order := []int64{2, 5, 3, 7, 4, 1, 6, 8}
		s.keyWalk("all", domain.KeySelection{Limit: 8}, order, domain.Ref{})
		s.keyWalk("the first", domain.KeySelection{Limit: 1}, order[:1], domain.Ref{ID: 5})
		s.keyWalk("those without", domain.KeySelection{Limit: 2}, order[:2], domain.Ref{Key: "B"})
		s.keyWalk("after an id", domain.KeySelection{Limit: 2, After: 2}, order[1:3], domain.Ref{Key: "a"})
		s.keyWalk("from a key", domain.KeySelection{Limit: 2, From: "a"}, order[3:5], domain.Ref{Key: "b"})
		s.keyWalk("from between keys", domain.KeySelection{Limit: 9, From: "a!"}, order[5:], domain.Ref{})
		s.keyWalk("from behind the last", domain.KeySelection{Limit: 9, From: "日x"}, []int64{}, domain.Ref{})
		s.keyWalk("some passed over", domain.KeySelection{Limit: 2, Skip: 3}, order[3:5], domain.Ref{Key: "b"})
		s.keyWalk("some passed over from a key", domain.KeySelection{Limit: 9, Skip: 3, From: "B"}, order[5:], domain.Ref{})
		s.keyWalk("all passed over", domain.KeySelection{Limit: 9, Skip: 99}, []int64{}, domain.Ref{})
		s.keyWalk("none asked", domain.KeySelection{}, []int64{}, domain.Ref{ID: 2})
		odd := func(id int64) bool { return id%2 == 1 }
		s.keyWalk("those to keep", domain.KeySelection{Limit: 2, Skip: 1, Keep: odd}, []int64{3, 7}, domain.Ref{Key: "b"})
		s.keyWalk("the last to keep", domain.KeySelection{Limit: 2, Skip: 2, Keep: odd}, []int64{7, 1}, domain.Ref{})
	}},
	{"chunks in key order have the parts that are asked, within the bound", func(s *suite) {
		want := keyed("k", chunk("text", 1, 2))
		s.put("db", want)
		want.ID, want.Sequence = 1, 1
		s.same("page", s.inKeyOrder("db", domain.KeySelection{Limit: 1, MaxBytes: want.Size()}, domain.DefaultFields|domain.FieldEmbedding).Chunks, []domain.Chunk{want})
		_, err := s.repo.InKeyOrder(s.ctx, s.find("db"), domain.KeySelection{Limit: 1, MaxBytes: want.Size() - 1}, domain.DefaultFields|domain.FieldEmbedding)
		s.kind("InKeyOrder beyond its bytes", err, domain.ErrTooLarge)
	}},
	{"expired chunks are not in key order", func(s *suite) {
		at := time.Unix(100, 0)
		old := func(key string) domain.Chunk {
			c := keyed(key, chunk("old", 1))
			c.ExpiresAt = at
			return c
		}
		s.put("db", old(""), chunk("2", 1), old("a"), keyed("b", chunk("4", 1)), old("c"))
		s.keyWalk("before", domain.KeySelection{Limit: 9, At: at.Add(-time.Second)}, upTo(1, 5), domain.Ref{})
		s.keyWalk("after", domain.KeySelection{Limit: 9, At: at}, []int64{2, 4}, domain.Ref{})
		s.keyWalk("one of those", domain.KeySelection{Limit: 1, Skip: 1, At: at}, []int64{4}, domain.Ref{})
		s.keyWalk("without a moment", domain.KeySelection{Limit: 9}, upTo(1, 5), domain.Ref{})
	}},
	{"key order of a life that has ended is ErrNotFound", func(s *suite) {
		s.put("db", keyed("a", chunk("1", 1)))
		old := s.find("db")
		if err := s.repo.Drop(s.ctx, "db", nil); err != nil {
			s.Fatal(err)
		}
		_, err := s.repo.InKeyOrder(s.ctx, old, domain.KeySelection{Limit: 9}, 0)
		s.kind("InKeyOrder of a dropped database", err, domain.ErrNotFound)
		s.put("db", chunk("new", 1))
		_, err = s.repo.InKeyOrder(s.ctx, old, domain.KeySelection{Limit: 9}, 0)
		s.kind("InKeyOrder of an earlier life", err, domain.ErrNotFound)
	}},
	{"key order follows random changes of keys, page by page", func(s *suite) {
		r := rand.New(rand.NewPCG(11, 12))
		s.put("db", chunk("first", 1))
		for step := range 60 {
			all := s.all("db")
			b := domain.Batch{Database: "db"}
			for range 1 + r.IntN(5) {
				c := chunk(fmt.Sprint("step ", step), float32(step))
				if r.IntN(3) > 0 {
					c.Key = fmt.Sprint("k", r.IntN(40))
				}
				b.Put = append(b.Put, c)
			}
			if len(all) > 3 && r.IntN(2) == 0 {
				b.Delete = []int64{all[r.IntN(len(all))].ID, all[0].ID}
			}
			s.write(b)
			if left := s.all("db"); len(left) > 0 && r.IntN(3) == 0 { // gives its key up
				c := left[r.IntN(len(left))]
				c.Key = ""
				s.write(domain.Batch{Database: "db", Put: []domain.Chunk{c}})
			}
			var unkeyed, byKey []int64
			for _, c := range s.inKeyOrder("db", domain.KeySelection{Limit: 1000}, 0).Chunks {
				if byKey = append(byKey, c.ID); c.Key == "" {
					unkeyed = append(unkeyed, c.ID)
				}
			}
			s.same("chunks in key order", len(byKey), len(s.all("db")))
			s.same("those without a key", byKey[:len(unkeyed)], unkeyed)
			var paged []int64
			for sel := (domain.KeySelection{Limit: 3}); ; {
				page := s.inKeyOrder("db", sel, 0)
				paged = append(paged, ids(page.Chunks)...)
				if page.Next == (domain.Ref{}) {
					break
				}
				sel.From, sel.After = page.Next.Key, max(0, page.Next.ID-1)
			}
			s.same("pages", paged, byKey)
		}
	}},
}
