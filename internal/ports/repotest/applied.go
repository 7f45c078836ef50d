package repotest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/domain"
)

// log collects commits as applied is called. Calls must not overlap.
type commitLog struct {
	s       *suite
	inside  atomic.Int32
	commits []domain.Commit
}

func (l *commitLog) applied(c domain.Commit) {
	if l.inside.Add(1) != 1 {
		l.s.Errorf("calls of applied overlap")
	}
	l.commits = append(l.commits, c)
	l.inside.Add(-1)
}

var appliedRules = []rule{
	{"applied is called once, with the commit, before Write returns", func(s *suite) {
		log := commitLog{s: s}
		for i := range 3 {
			got, err := s.repo.Write(s.ctx, domain.Batch{Database: "db", Create: &domain.Settings{}, Put: numbered(2)}, log.applied)
			if err != nil {
				s.Fatalf("Write = %v; want nil", err)
			}
			if len(log.commits) != i+1 {
				s.Fatalf("applied was called %d times after %d writes", len(log.commits), i+1)
			}
			s.same("commit given to applied", log.commits[i], got)
		}
	}},
	{"applied is not called for a batch that is refused", func(s *suite) {
		s.put("db", numbered(1)...)
		s.refused(domain.Batch{Database: "db", Put: []domain.Chunk{chunk("one component", 1)}}, domain.ErrDimension)
		s.refused(domain.Batch{Database: "none", Put: numbered(1)}, domain.ErrNotFound)
	}},
	{"applied follows the order of the commits under concurrent writers", func(s *suite) {
		const writers, batches = 8, 12
		log := commitLog{s: s}
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range batches {
					b := domain.Batch{Database: "db", Create: &domain.Settings{}, Put: numbered(1 + (w+i)%3)}
					if i%4 == 3 {
						b.Delete = []int64{int64(w*batches + i)}
					}
					if _, err := s.repo.Write(s.ctx, b, log.applied); err != nil {
						s.Errorf("Write = %v; want nil", err)
					}
				}
			})
		}
		wg.Wait()
		s.same("calls of applied", len(log.commits), writers*batches)
		state := map[int64]bool{}
		var sequence int64
		for _, c := range log.commits {
			sequence += int64(len(c.IDs) + len(c.Deleted))
			if c.Database.Sequence != sequence {
				s.Fatalf("applied got sequence %d where the changes so far are %d", c.Database.Sequence, sequence)
			}
			for _, id := range c.Deleted {
				delete(state, id)
			}
			for _, id := range c.IDs {
				state[id] = true
			}
			s.same("chunks at this commit", int64(len(state)), c.Database.Chunks)
		}
		for _, id := range ids(s.all("db")) {
			delete(state, id)
		}
		s.same("ids that applied knows and the rows do not", len(state), 0)
	}},
	{"concurrent writers lose nothing, and bad batches among them harm no other", func(s *suite) {
		const writers, batches, size = 8, 10, 7
		var mu sync.Mutex
		want := map[int64]string{}
		s.put("db", chunk("first", 1, 1, 1))
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range batches {
					chunks := numbered(size)
					for j := range chunks {
						chunks[j].Text = fmt.Sprintf("writer %d batch %d chunk %d", w, i, j)
					}
					bad := append(slices.Clone(chunks), chunk("bad", 1))
					if _, err := s.repo.Write(s.ctx, domain.Batch{Database: "db", Put: bad}, nil); !isKind(err, domain.ErrDimension) {
						s.Errorf("Write of a bad batch = %v; want %v", err, domain.ErrDimension)
					}
					c, err := s.repo.Write(s.ctx, domain.Batch{Database: "db", Put: chunks}, nil)
					if err != nil {
						s.Errorf("Write = %v; want nil", err)
						return
					}
					mu.Lock()
					for j, id := range c.IDs {
						want[id] = chunks[j].Text
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		want[1] = "first"
		got := map[int64]string{}
		for _, c := range s.all("db") {
			got[c.ID] = c.Text
		}
		s.same("chunks", got, want)
		s.same("number of chunks", len(got), writers*batches*size+1)
	}},
	{"readers beside a writer see whole batches only", func(s *suite) {
		const size, batches = 10, 40
		db := s.put("db", numbered(size)...).Database
		ctx, cancel := context.WithCancel(s.ctx)
		var readers sync.WaitGroup
		for range 2 {
			readers.Go(func() {
				for ctx.Err() == nil {
					got, err := s.repo.Chunks(s.ctx, db, domain.Selection{Limit: 1 << 20}, 0)
					if err != nil || len(got)%size != 0 {
						s.Errorf("Chunks beside a writer = %d chunks, %v; want a multiple of %d", len(got), err, size)
						return
					}
				}
			})
		}
		for range batches {
			s.put("db", numbered(size)...)
		}
		cancel()
		readers.Wait()
	}},
	{"a write that has returned is seen by every read that follows", func(s *suite) {
		db := s.put("db", numbered(1)...).Database
		for i := range 50 {
			id := s.put("db", numbered(1)...).IDs[0]
			got, err := s.repo.Chunks(s.ctx, db, domain.Selection{IDs: []int64{id}}, 0)
			if err != nil || len(got) != 1 {
				s.Fatalf("round %d: Chunks(%d) after its insert = %v, %v; want it", i, id, got, err)
			}
		}
	}},
}
