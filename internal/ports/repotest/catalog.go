package repotest

import (
	"fmt"
	"sync"
	"time"

	"github.com/memista/memista/internal/domain"
)

// chosen are settings with nothing left to a default.
func chosen() domain.Settings {
	return domain.Settings{Dims: 3, Metric: domain.Cosine, Engine: "hnsw", M: 24, EfConstruction: 200, EfSearch: 80,
		Storage: "i8", TTL: 90 * time.Minute, FullText: domain.English, Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: `{"team":"a"}`}}
}

var catalogRules = []rule{
	{"totals are those of the list", func(s *suite) {
		check := func(when string) {
			s.Helper()
			list, err := s.repo.List(s.ctx)
			if err != nil {
				s.Fatal(err)
			}
			var chunks int64
			for _, db := range list {
				chunks += db.Chunks
			}
			n, sum, err := s.repo.Totals(s.ctx)
			if err != nil || n != int64(len(list)) || sum != chunks {
				s.Errorf("%s: Totals = %d, %d, %v; want %d, %d, nil", when, n, sum, err, len(list), chunks)
			}
		}
		check("with nothing stored")
		s.put("a", numbered(3)...)
		s.put("b", numbered(2)...)
		check("with two databases")
		s.write(domain.Batch{Database: "a", Delete: []int64{1, 2}})
		check("after a delete")
		if err := s.repo.Drop(s.ctx, "b", nil); err != nil {
			s.Fatal(err)
		}
		check("after a drop")
	}},
	{"create keeps all settings, and gives every life an incarnation", func(s *suite) {
		called := 0
		db, created, err := s.repo.Create(s.ctx, "db", chosen(), func(got domain.Database) {
			called++
			s.same("database given to applied", got.Settings, chosen())
		})
		if err != nil || !created || called != 1 {
			s.Fatalf("Create = %v, %v, applied called %d times; want true, nil, once", created, err, called)
		}
		s.same("Find", s.find("db"), db)
		if db.ID != "db" || db.Number < 1 || db.Incarnation == (domain.Incarnation{}) || db.CreatedAt.IsZero() || db.Sequence != 0 || db.Chunks != 0 {
			s.Errorf("Create = %+v; want an id, a number, an incarnation, a time, nothing in it", db)
		}
		other, _, err := s.repo.Create(s.ctx, "other", domain.Settings{}, nil)
		if err != nil || other.Number == db.Number || other.Incarnation == db.Incarnation {
			s.Errorf("Create(other) = %+v, %v; want another number and incarnation than %+v", other, err, db)
		}
	}},
	{"create again returns the same database, or ErrConflict with other settings", func(s *suite) {
		db, _, err := s.repo.Create(s.ctx, "db", chosen(), nil)
		if err != nil {
			s.Fatal(err)
		}
		never := func(domain.Database) { s.Error("Create called applied although it made nothing") }
		for _, same := range []domain.Settings{chosen(), {}, {Dims: 3}, {Metric: domain.Cosine, M: 24}} {
			again, created, err := s.repo.Create(s.ctx, "db", same, never)
			if err != nil || created {
				s.Errorf("Create(%+v) again = %v, %v; want false, nil", same, created, err)
			}
			s.same("database", again, db)
		}
		for _, other := range []domain.Settings{{Dims: 4}, {Metric: domain.L2}, {Engine: "flat"}, {M: 8}, {EfConstruction: 1},
			{EfSearch: 1}, {Storage: "f32"}, {TTL: time.Hour}, {FullText: domain.Words}, {Metadata: domain.MetadataString("x")}} {
			_, _, err := s.repo.Create(s.ctx, "db", other, never)
			s.kind(fmt.Sprintf("Create(%+v) over other settings", other), err, domain.ErrConflict)
		}
		_, _, err = s.repo.Create(s.ctx, "plain", domain.Settings{}, nil)
		if err != nil {
			s.Fatal(err)
		}
		_, _, err = s.repo.Create(s.ctx, "plain", domain.Settings{FullText: domain.Words}, never)
		s.kind("Create with full text over one without", err, domain.ErrConflict)
		s.same("default metric", s.find("plain").Metric, domain.DefaultMetric)
	}},
	{"the settings of a batch count only where it makes the database", func(s *suite) {
		s.write(domain.Batch{Database: "db", Create: &domain.Settings{Metric: domain.L2}, Put: numbered(1)})
		c := s.write(domain.Batch{Database: "db", Create: &domain.Settings{Metric: domain.Cosine, Dims: 77}, Put: numbered(1)})
		if c.Created || c.Database.Metric != domain.L2 || c.Database.Dims != 3 {
			s.Errorf("second batch gives %+v; want the database of the first", c)
		}
	}},
	{"ids that differ in case only are ErrConflict, and are not found", func(s *suite) {
		s.put("Case", numbered(1)...)
		for _, id := range []string{"case", "CASE", "cASE"} {
			_, _, err := s.repo.Create(s.ctx, id, domain.Settings{}, nil)
			s.kind("Create("+id+") beside Case", err, domain.ErrConflict)
			s.refused(domain.Batch{Database: id, Create: &domain.Settings{}, Put: numbered(1)}, domain.ErrConflict)
			s.refused(domain.Batch{Database: id, Put: numbered(1)}, domain.ErrNotFound)
			_, err = s.repo.Find(s.ctx, id)
			s.kind("Find("+id+")", err, domain.ErrNotFound)
			s.kind("Drop("+id+")", s.repo.Drop(s.ctx, id, nil), domain.ErrNotFound)
		}
		s.same("chunks", s.find("Case").Chunks, int64(1))
	}},
	{"an unknown database is ErrNotFound", func(s *suite) {
		s.refused(domain.Batch{Database: "nowhere", Put: numbered(1)}, domain.ErrNotFound)
		_, err := s.repo.Find(s.ctx, "nowhere")
		s.kind("Find(nowhere)", err, domain.ErrNotFound)
		s.kind("Drop(nowhere)", s.repo.Drop(s.ctx, "nowhere", nil), domain.ErrNotFound)
		_, err = s.repo.Chunks(s.ctx, domain.Database{ID: "nowhere", Number: 1}, domain.Selection{Limit: 1}, allFields)
		s.kind("Chunks(nowhere)", err, domain.ErrNotFound)
	}},
	{"ids that mean something to SQL are names like others", func(s *suite) {
		names := []string{"a", "1", "select", "databases", "embeddings", "keys", "drops", "sqlite_schema", "a.b", "a-b", "a_b", "--", "x.", "_"}
		for i, id := range names {
			s.put(id, chunk(id, float32(i)))
		}
		for _, id := range names {
			s.same("texts of "+id, texts(s.all(id)), []string{id})
		}
		for _, id := range []string{"", ".a", `a"b`, "a b", "a;b", "a/b", "ä"} {
			if _, _, err := s.repo.Create(s.ctx, id, domain.Settings{}, nil); !isKind(err, domain.ErrInvalid) {
				s.Errorf("Create(%q) = %v; want %v", id, err, domain.ErrInvalid)
			}
		}
	}},
	{"list returns all databases in the order of their ids", func(s *suite) {
		if got, err := s.repo.List(s.ctx); err != nil || got == nil || len(got) != 0 {
			s.Errorf("List of an empty repository = %v, %v; want an empty list", got, err)
		}
		for _, id := range []string{"b", "B2", "a", "_", "a.1", "C", "10", "9"} {
			s.put(id, numbered(1)...)
		}
		s.listed("10", "9", "B2", "C", "_", "a", "a.1", "b")
	}},
	{"many databases fit", func(s *suite) {
		n := s.config.Databases
		if n == 0 {
			n = 1000
		}
		names := make([]string, n)
		work := make(chan string, n)
		for i := range names {
			names[i] = fmt.Sprintf("tenant-%04d", i)
			work <- names[i]
		}
		close(work)
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				for id := range work {
					b := domain.Batch{Database: id, Create: &domain.Settings{}, Put: []domain.Chunk{keyed("k", chunk(id, 1, 2))}}
					if _, err := s.repo.Write(s.ctx, b, nil); err != nil {
						s.Errorf("Write(%s) = %v; want nil", id, err)
					}
				}
			})
		}
		wg.Wait()
		s.listed(names...)
		for _, id := range []string{names[0], names[n/2], names[n-1]} {
			s.same("texts of "+id, texts(s.all(id)), []string{id})
		}
	}},
}

// listed checks which databases List returns.
func (s *suite) listed(want ...string) {
	s.Helper()
	list, err := s.repo.List(s.ctx)
	if err != nil {
		s.Fatalf("List() = %v; want nil", err)
	}
	got := []string{}
	for _, db := range list {
		got = append(got, db.ID)
	}
	s.same("List", got, append([]string{}, want...))
}

var dropRules = []rule{
	{"a drop ends the life of a database", func(s *suite) {
		for _, n := range []int{3, 300} {
			db := s.put("db", numbered(n)...).Database
			s.put("other", numbered(2)...)
			called := 0
			err := s.repo.Drop(s.ctx, "db", func(got domain.Database) {
				called++
				s.same("database given to applied", got, db)
			})
			if err != nil || called != 1 {
				s.Fatalf("Drop = %v, applied called %d times; want nil, once", err, called)
			}
			_, err = s.repo.Find(s.ctx, "db")
			s.kind("Find after drop", err, domain.ErrNotFound)
			_, err = s.repo.Chunks(s.ctx, db, domain.Selection{IDs: []int64{1}}, allFields)
			s.kind("Chunks after drop", err, domain.ErrNotFound)
			s.refused(domain.Batch{Database: "db", Put: numbered(1)}, domain.ErrNotFound)
			s.kind("Drop again", s.repo.Drop(s.ctx, "db", nil), domain.ErrNotFound)
			s.listed("other")
		}
		s.same("ids in the other database", ids(s.all("other")), upTo(1, 4))
	}},
	{"a database made again starts at 1 in a new life and shows no old rows", func(s *suite) {
		for _, n := range []int{3, 300} {
			chunks := numbered(n)
			chunks[0].Key = "old"
			old := s.put("db", chunks...).Database
			if err := s.repo.Drop(s.ctx, "db", nil); err != nil {
				s.Fatalf("Drop = %v; want nil", err)
			}
			c := s.put("db", chunk("new", 1, 2))
			s.same("IDs", c.IDs, []int64{1})
			if !c.Created || c.Database.Number == old.Number || c.Database.Incarnation == old.Incarnation || c.Database.Sequence != 1 || c.Database.Dims != 2 {
				s.Errorf("after drop and insert the database is %+v; want another life than %+v", c.Database, old)
			}
			s.same("texts", texts(s.all("db")), []string{"new"})
			s.same("ids of the old key", ids(s.chunks("db", domain.Selection{Keys: []string{"old"}})), []int64{})
			for _, sel := range []domain.Selection{{IDs: []int64{1}}, {IDs: []int64{2}}, {Limit: 5}, {Keys: []string{"old"}}} {
				_, err := s.repo.Chunks(s.ctx, old, sel, allFields)
				s.kind(fmt.Sprintf("Chunks(%+v) of the old life", sel), err, domain.ErrNotFound)
			}
			if err := s.repo.Drop(s.ctx, "db", nil); err != nil {
				s.Fatalf("Drop = %v; want nil", err)
			}
		}
	}},
	{"a database can be made and dropped again and again", func(s *suite) {
		for i := range 20 {
			id := []string{"db", "DB", "dB"}[i%3] // the name is free in any case
			s.same("IDs", s.put(id, numbered(70)...).IDs, upTo(1, 70))
			if err := s.repo.Drop(s.ctx, id, nil); err != nil {
				s.Fatalf("Drop = %v; want nil", err)
			}
		}
		s.listed()
	}},
}
