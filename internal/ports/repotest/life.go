package repotest

import (
	"context"
	"errors"
	"sync"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var lifeRules = []rule{
	{"a context that has ended stores nothing", func(s *suite) {
		s.put("db", numbered(1)...)
		ctx, cancel := context.WithCancel(s.ctx)
		cancel()
		_, err := s.repo.Write(ctx, domain.Batch{Database: "db", Put: numbered(1)}, func(domain.Commit) { s.Errorf("applied was called") })
		s.kind("Write with an ended context", err, context.Canceled)
		_, _, err = s.repo.Create(ctx, "new", domain.Settings{}, nil)
		s.kind("Create with an ended context", err, context.Canceled)
		s.kind("Drop with an ended context", s.repo.Drop(ctx, "db", nil), context.Canceled)
		_, err = s.repo.Find(ctx, "db")
		s.kind("Find with an ended context", err, context.Canceled)
		_, err = s.repo.List(ctx)
		s.kind("List with an ended context", err, context.Canceled)
		_, err = s.repo.Chunks(ctx, s.find("db"), domain.Selection{Limit: 1}, 0)
		s.kind("Chunks with an ended context", err, context.Canceled)
		s.same("chunks", s.find("db").Chunks, int64(1))
		s.listed("db")
	}},
	{"a context that ends during writes leaves each stored whole or not at all", func(s *suite) {
		s.put("db", numbered(1)...)
		const size = 5
		for range 20 {
			ctx, cancel := context.WithCancel(s.ctx)
			var mu sync.Mutex
			stored := 0
			before := s.find("db").Chunks
			var wg sync.WaitGroup
			for w := range 6 {
				wg.Go(func() {
					if w == 3 {
						cancel()
					}
					_, err := s.repo.Write(ctx, domain.Batch{Database: "db", Put: numbered(size)}, nil)
					if err != nil && !errors.Is(err, context.Canceled) {
						s.Errorf("Write = %v; want nil or %v", err, context.Canceled)
					}
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						stored += size
					}
				})
			}
			wg.Wait()
			cancel()
			if got := s.find("db").Chunks - before; got != int64(stored) {
				s.Fatalf("%d chunks were stored, %d acknowledged", got, stored)
			}
		}
	}},
	{"after Close everything is ErrClosed, and Close may be called again", func(s *suite) {
		db := s.put("db", numbered(1)...).Database
		for range 2 {
			if err := s.repo.Close(); err != nil {
				s.Errorf("Close() = %v; want nil", err)
			}
		}
		s.refused(domain.Batch{Database: "db", Put: numbered(1)}, domain.ErrClosed)
		_, _, err := s.repo.Create(s.ctx, "new", domain.Settings{}, nil)
		s.kind("Create after Close", err, domain.ErrClosed)
		s.kind("Drop after Close", s.repo.Drop(s.ctx, "db", nil), domain.ErrClosed)
		_, err = s.repo.Find(s.ctx, "db")
		s.kind("Find after Close", err, domain.ErrClosed)
		_, err = s.repo.List(s.ctx)
		s.kind("List after Close", err, domain.ErrClosed)
		_, err = s.repo.Chunks(s.ctx, db, domain.Selection{Limit: 1}, 0)
		s.kind("Chunks after Close", err, domain.ErrClosed)
	}},
	{"Close beside writers loses nothing that was acknowledged", func(s *suite) {
		s.put("db", numbered(1)...)
		var mu sync.Mutex
		stored := int64(1)
		begun := make(chan struct{}, 100)
		var wg sync.WaitGroup
		repo := s.repo // not the one that reopening puts in its place
		for range 4 {
			wg.Go(func() { writeUntilClosed(s, repo, &mu, &stored, begun) })
		}
		for range 20 {
			<-begun
		}
		if s.config.Reopen == nil {
			if err := s.repo.Close(); err != nil {
				s.Errorf("Close() = %v; want nil", err)
			}
			wg.Wait()
			return
		}
		s.reopen()
		wg.Wait()
		s.same("chunks", s.find("db").Chunks, stored)
		s.same("rows", int64(len(s.all("db"))), stored)
	}},
	{"everything is there after reopening", func(s *suite) {
		_, _, err := s.repo.Create(s.ctx, "chosen", chosen(), nil)
		if err != nil {
			s.Fatal(err)
		}
		s.put("db", numbered(100)...)
		s.put("db", keyed("k", chunk("keyed", 1, 2, 3)))
		s.write(domain.Batch{Database: "db", Delete: []int64{50, 100, 101}})
		s.put("gone", numbered(100)...)
		if err := s.repo.Drop(s.ctx, "gone", nil); err != nil {
			s.Fatal(err)
		}
		s.put("undecided") // a database without chunks
		before, rows := snapshot(s), s.all("db")
		s.reopen()
		s.same("databases", snapshot(s), before)
		s.same("rows", s.all("db"), rows)
		c := s.put("db", keyed("k", chunk("keyed again", 1, 2, 3)))
		s.same("IDs", c.IDs, []int64{102})
		s.same("IDs of the dropped database", s.put("gone", numbered(1)...).IDs, []int64{1})
	}},
}

// writeUntilClosed inserts chunk after chunk and counts what was acknowledged.
func writeUntilClosed(s *suite, repo ports.ChunkRepository, mu *sync.Mutex, stored *int64, begun chan<- struct{}) {
	for {
		_, err := repo.Write(s.ctx, domain.Batch{Database: "db", Put: numbered(1)}, nil)
		if err != nil {
			s.kind("Write beside Close", err, domain.ErrClosed)
			return
		}
		mu.Lock()
		*stored++
		mu.Unlock()
		select {
		case begun <- struct{}{}:
		default:
		}
	}
}

// snapshot lists the databases.
func snapshot(s *suite) []domain.Database {
	s.Helper()
	list, err := s.repo.List(s.ctx)
	if err != nil {
		s.Fatalf("List() = %v; want nil", err)
	}
	return list
}
