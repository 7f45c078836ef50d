package repotest

import (
	"cmp"
	"slices"
	"time"

	"github.com/memista/memista/internal/domain"
)

// noon is the moment around which chunks expire in the rules.
var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// until makes c expire so long after noon.
func until(after time.Duration, c domain.Chunk) domain.Chunk {
	c.ExpiresAt = noon.Add(after)
	return c
}

// due lists what has expired so long after noon, as database: ids.
func (s *suite) due(after time.Duration, limit int) map[string][]int64 {
	s.Helper()
	list, err := s.repo.Due(s.ctx, noon.Add(after), limit)
	if err != nil {
		s.Fatalf("Due = %v; want nil", err)
	}
	out := map[string][]int64{}
	for _, d := range list {
		if len(d.IDs) == 0 || out[d.Database] != nil {
			s.Errorf("Due = %+v; want each database once, with ids", list)
		}
		out[d.Database] = slices.Sorted(slices.Values(d.IDs))
	}
	return out
}

// live returns the counts of chunks of all databases so long after noon, by their ids.
func (s *suite) live(after time.Duration) map[string]int64 {
	s.Helper()
	list, err := s.repo.ListLive(s.ctx, noon.Add(after))
	if err != nil {
		s.Fatalf("ListLive = %v; want nil", err)
	}
	out := map[string]int64{}
	for _, d := range list {
		one, err := s.repo.FindLive(s.ctx, d.ID, noon.Add(after))
		if err != nil {
			s.Fatalf("FindLive = %v; want nil", err)
		}
		s.same("FindLive beside ListLive", one, d)
		out[d.ID] = d.Chunks
		d.Chunks = s.find(d.ID).Chunks
		s.same("what is not the count, beside Find", d, s.find(d.ID))
	}
	return out
}

// sweep deletes ids of database id if they have expired so long after noon.
func (s *suite) sweep(id string, after time.Duration, ids ...int64) domain.Commit {
	s.Helper()
	return s.write(domain.Batch{Database: id, Delete: ids, At: noon.Add(after), ExpiredOnly: true})
}

var expiryRules = []rule{
	{"a read at a moment leaves out what has expired by then, to the microsecond", func(s *suite) {
		s.put("db", keyed("a", until(0, chunk("noon", 1))), keyed("b", until(time.Microsecond, chunk("later", 2))), keyed("c", chunk("never", 3)))
		for _, sel := range []domain.Selection{{IDs: []int64{1, 2, 3}}, {Keys: []string{"a", "b", "c"}}, {Limit: 10}} {
			for after, want := range map[time.Duration][]int64{-time.Microsecond: {1, 2, 3}, 0: {2, 3}, time.Microsecond: {3}, time.Hour: {3}} {
				sel.At = noon.Add(after)
				s.same("ids at noon and "+after.String(), ids(s.chunks("db", sel)), want)
			}
			sel.At = time.Time{}
			s.same("ids at no moment", ids(s.chunks("db", sel)), upTo(1, 3))
		}
		s.same("the first after noon", ids(s.chunks("db", domain.Selection{Limit: 1, At: noon})), []int64{2})
	}},
	{"what is due is found by its time, in every database, until it is gone", func(s *suite) {
		s.put("a", until(0, chunk("1", 1)), until(time.Hour, chunk("2", 2)), chunk("3", 3), until(-time.Hour, chunk("4", 4)))
		s.put("b", until(time.Minute, chunk("1", 1)))
		s.same("due before all", s.due(-2*time.Hour, 10), map[string][]int64{})
		s.same("due at noon", s.due(0, 10), map[string][]int64{"a": {1, 4}})
		s.same("due at last", s.due(time.Hour, 10), map[string][]int64{"a": {1, 2, 4}, "b": {1}})
		s.same("the first one due", s.due(time.Hour, 1), map[string][]int64{"a": {4}})
		s.sweep("a", time.Hour, 1, 2, 4)
		s.same("due after the sweep", s.due(time.Hour, 10), map[string][]int64{"b": {1}})
		if err := s.repo.Drop(s.ctx, "b", nil); err != nil {
			s.Fatal(err)
		}
		s.put("b", numbered(1)...)
		s.same("due after the drop", s.due(time.Hour, 10), map[string][]int64{})
	}},
	{"counts of a moment leave out what has expired by then, swept or not", func(s *suite) {
		s.put("a", until(0, chunk("1", 1)), until(time.Hour, chunk("2", 2)), chunk("3", 3), until(-time.Hour, chunk("4", 4)))
		s.put("b", until(time.Minute, chunk("1", 1)))
		s.put("c", chunk("1", 1))
		for after, want := range map[time.Duration]map[string]int64{
			-2 * time.Hour: {"a": 4, "b": 1, "c": 1}, -time.Hour: {"a": 3, "b": 1, "c": 1}, -time.Microsecond: {"a": 3, "b": 1, "c": 1},
			0: {"a": 2, "b": 1, "c": 1}, time.Minute: {"a": 2, "b": 0, "c": 1}, time.Hour: {"a": 1, "b": 0, "c": 1},
		} {
			s.same("counts at noon and "+after.String(), s.live(after), want)
		}
		s.sweep("a", 0, 1, 2, 4)
		s.same("counts after a sweep", s.live(time.Minute), map[string]int64{"a": 2, "b": 0, "c": 1})
		for _, id := range []string{"none", "A"} {
			_, err := s.repo.FindLive(s.ctx, id, noon)
			s.kind("FindLive of what is not there", err, domain.ErrNotFound)
		}
	}},
	{"matching at a moment leaves out what has expired by then", func(s *suite) {
		db := s.put("db", until(0, chunk("noon", 1)), until(time.Microsecond, chunk("later", 2)), chunk("never", 3)).Database
		for _, text := range []string{`{"$id":{"$gte":1}}`, `{"$not":{"$text":"x"}}`, `{"$or":[{"$text":"noon"},{"$id":{"$in":[2,3]}}]}`} {
			for after, want := range map[time.Duration][]int64{-time.Microsecond: {1, 2, 3}, 0: {2, 3}, time.Microsecond: {3}} {
				got, err := s.repo.Matching(s.ctx, db, s.filter(text), domain.Selection{Limit: 10, At: noon.Add(after)})
				if err != nil || !equalIDs(got, want) {
					s.Errorf("Matching(%s) at noon and %v = %v, %v; want %v", text, after, got, err, want)
				}
			}
			if got := s.matching(db, s.filter(text), 0, 10); !equalIDs(got, []int64{1, 2, 3}) {
				s.Errorf("Matching(%s) at no moment = %v; want all", text, got)
			}
		}
	}},
	{"a sweep deletes what has expired and nothing else", func(s *suite) {
		s.put("db", keyed("a", until(0, chunk("noon", 1))), keyed("b", until(time.Hour, chunk("later", 2))), chunk("never", 3))
		c := s.sweep("db", 0, 1, 2, 3, 99)
		s.same("Deleted and Expired", []any{c.Deleted, c.Expired}, []any{[]int64{1}, 1})
		s.same("ids", ids(s.all("db")), []int64{2, 3})
		s.same("count", s.find("db").Chunks, int64(2))
		before := s.find("db")
		s.sweep("db", 0, 1, 2, 3)
		s.same("the database after a sweep of nothing", s.find("db"), before)
		s.same("ids of the key of an expired chunk", ids(s.chunks("db", domain.Selection{Keys: []string{"a", "b"}})), []int64{2})
	}},
	{"writing a chunk again sets its expiry anew", func(s *suite) {
		s.put("db", keyed("a", until(0, chunk("1", 1))), keyed("b", until(0, chunk("2", 2))), until(0, chunk("3", 3)), keyed("d", chunk("4", 4)))
		third := chunk("3 again", 3)
		third.ID = 3
		s.put("db", keyed("a", until(time.Hour, chunk("1 again", 1))), keyed("b", chunk("2 again", 2)), third, keyed("d", until(time.Minute, chunk("4 again", 4))))
		s.same("due at noon", s.due(0, 10), map[string][]int64{})
		s.same("what a sweep at noon deletes", len(s.sweep("db", 0, 1, 2, 3, 4).Deleted), 0)
		s.same("due in the end", s.due(time.Hour, 10), map[string][]int64{"db": {1, 4}})
	}},
	{"a chunk put twice in a batch has the expiry of the last", func(s *suite) {
		s.put("db", numbered(2)...)
		var puts []domain.Chunk
		for _, c := range []domain.Chunk{until(0, chunk("x", 1, 1, 1)), chunk("x", 1, 1, 1)} {
			c.ID = 1
			puts = append(puts, c)
		}
		for _, c := range []domain.Chunk{chunk("x", 1, 1, 1), until(0, chunk("x", 1, 1, 1))} {
			c.ID = 2
			puts = append(puts, c)
		}
		s.write(domain.Batch{Database: "db", Put: puts})
		s.same("due", s.due(0, 10), map[string][]int64{"db": {2}})
	}},
	{"the key of a chunk that has expired is free", func(s *suite) {
		for i, how := range []domain.Conflict{domain.Replace, domain.Refuse, domain.Skip} {
			id := []string{"replace", "refuse", "skip"}[i]
			s.put(id, keyed("a", until(0, chunk("old", 1))), keyed("b", until(time.Hour, chunk("b", 1))))
			c := s.write(domain.Batch{Database: id, Put: []domain.Chunk{keyed("a", chunk("new", 2))}, OnConflict: how, At: noon})
			s.same(id+": IDs, Deleted, Expired, Written", []any{c.IDs, c.Deleted, c.Expired, c.Written}, []any{[]int64{3}, []int64{1}, 1, []bool(nil)})
			s.same(id+": texts", texts(s.all(id)), []string{"b", "new"})
			s.same(id+": count", s.find(id).Chunks, int64(2))
			s.same(id+": due", s.due(0, 10)[id], []int64(nil))
			sameSequence := slices.MaxFunc(s.all(id), func(a, b domain.Chunk) int { return cmp.Compare(a.Sequence, b.Sequence) })
			s.same(id+": sequence", sameSequence.Sequence, s.find(id).Sequence)
		}
	}},
	{"a chunk that has expired cannot be replaced by its id", func(s *suite) {
		s.put("db", until(0, chunk("old", 1)))
		c := chunk("new", 2)
		c.ID = 1
		s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{c}, At: noon}, domain.ErrNotFound)
		s.same("ids", ids(s.all("db")), []int64{1})
		s.write(domain.Batch{Database: "db", Put: []domain.Chunk{c}, At: noon.Add(-time.Microsecond)})
		s.same("texts", texts(s.all("db")), []string{"new"})
	}},
	{"a delete counts what had expired apart", func(s *suite) {
		s.put("db", until(0, chunk("gone", 1)), until(time.Hour, chunk("later", 2)), chunk("never", 3))
		c := s.write(domain.Batch{Database: "db", Delete: upTo(1, 4), At: noon})
		s.same("Deleted and Expired", []any{c.Deleted, c.Expired}, []any{upTo(1, 3), 1})
		s.same("due", s.due(time.Hour, 10), map[string][]int64{})
	}},
	{"a batch at no moment takes nothing for expired", func(s *suite) {
		s.put("db", keyed("a", until(-1000000*time.Hour, chunk("old", 1))))
		c := s.write(domain.Batch{Database: "db", Put: []domain.Chunk{keyed("a", chunk("new", 2))}})
		s.same("IDs", c.IDs, []int64{1})
		s.same("Expired", c.Expired, 0)
	}},
	{"what is to expire is known after reopening", func(s *suite) {
		s.put("db", until(0, chunk("noon", 1)), until(time.Hour, chunk("later", 2)), chunk("never", 3))
		before := s.due(0, 10)
		s.reopen()
		s.same("due at noon", s.due(0, 10), before)
		s.same("due in the end", s.due(time.Hour, 10), map[string][]int64{"db": {1, 2}})
		s.sweep("db", 0, 1)
		s.reopen()
		s.same("ids", ids(s.all("db")), []int64{2, 3})
	}},
}
