package repotest

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func TestMemory(t *testing.T) {
	Run(t, Config{
		Open: func(testing.TB) ports.ChunkRepository { return NewMemory() },
		Reopen: func(_ testing.TB, r ports.ChunkRepository) ports.ChunkRepository {
			return r.(*Memory).Reopen()
		},
	})
}

// spoiled is a Memory with one flaw, which a rule must find.
type spoiled struct {
	*Memory
	write  func(m *Memory, ctx context.Context, b domain.Batch, applied func(domain.Commit)) (domain.Commit, error)
	chunks func(m *Memory, ctx context.Context, db domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error)
	keys   func(m *Memory, ctx context.Context, db domain.Database, sel domain.KeySelection, fields domain.Fields) (domain.KeyPage, error)
	drop   func(m *Memory, ctx context.Context, id string, applied func(domain.Database)) error
	create func(m *Memory, ctx context.Context, id string, s domain.Settings, applied func(domain.Database)) (domain.Database, bool, error)
	found  func(m *Memory, ctx context.Context, id string, now time.Time) (domain.Database, error)
	closed func(m *Memory) error
	reopen func(m *Memory) *Memory
	begun  func(m *Memory, ctx context.Context, db domain.Database, r domain.Reembedding) (int64, error)
	swap   func(m *Memory, ctx context.Context, db domain.Database, check func(domain.Settings) error, applied func(domain.Database)) (domain.Database, error)
	keep   func(m *Memory, ctx context.Context, db domain.Database, chunks []domain.Chunk, applied func([]int64)) error
}

func (s *spoiled) InKeyOrder(ctx context.Context, db domain.Database, sel domain.KeySelection, fields domain.Fields) (domain.KeyPage, error) {
	if s.keys == nil {
		return s.Memory.InKeyOrder(ctx, db, sel, fields)
	}
	return s.keys(s.Memory, ctx, db, sel, fields)
}

func (s *spoiled) Write(ctx context.Context, b domain.Batch, applied func(domain.Commit)) (domain.Commit, error) {
	if s.write == nil {
		return s.Memory.Write(ctx, b, applied)
	}
	return s.write(s.Memory, ctx, b, applied)
}

func (s *spoiled) Chunks(ctx context.Context, db domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error) {
	if s.chunks == nil {
		return s.Memory.Chunks(ctx, db, sel, fields)
	}
	return s.chunks(s.Memory, ctx, db, sel, fields)
}

func (s *spoiled) Drop(ctx context.Context, id string, applied func(domain.Database)) error {
	if s.drop == nil {
		return s.Memory.Drop(ctx, id, applied)
	}
	return s.drop(s.Memory, ctx, id, applied)
}

func (s *spoiled) Create(ctx context.Context, id string, settings domain.Settings, applied func(domain.Database)) (domain.Database, bool, error) {
	if s.create == nil {
		return s.Memory.Create(ctx, id, settings, applied)
	}
	return s.create(s.Memory, ctx, id, settings, applied)
}

func (s *spoiled) FindLive(ctx context.Context, id string, now time.Time) (domain.Database, error) {
	if s.found == nil {
		return s.Memory.FindLive(ctx, id, now)
	}
	return s.found(s.Memory, ctx, id, now)
}

func (s *spoiled) BeginReembedding(ctx context.Context, db domain.Database, r domain.Reembedding) (int64, error) {
	if s.begun == nil {
		return s.Memory.BeginReembedding(ctx, db, r)
	}
	return s.begun(s.Memory, ctx, db, r)
}

func (s *spoiled) SwapEmbeddings(ctx context.Context, db domain.Database, check func(domain.Settings) error, applied func(domain.Database)) (domain.Database, error) {
	if s.swap == nil {
		return s.Memory.SwapEmbeddings(ctx, db, check, applied)
	}
	return s.swap(s.Memory, ctx, db, check, applied)
}

func (s *spoiled) PutEmbeddings(ctx context.Context, db domain.Database, chunks []domain.Chunk, applied func([]int64)) error {
	if s.keep == nil {
		return s.Memory.PutEmbeddings(ctx, db, chunks, applied)
	}
	return s.keep(s.Memory, ctx, db, chunks, applied)
}

func (s *spoiled) Close() error {
	if s.closed == nil {
		return s.Memory.Close()
	}
	return s.closed(s.Memory)
}

func (s *spoiled) Reopen() ports.ChunkRepository {
	out := *s
	out.Memory = s.Memory.Reopen()
	if s.reopen != nil {
		out.Memory = s.reopen(out.Memory)
	}
	return &out
}

// recorder is a testing.TB that keeps failures to itself.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Helper()               {}
func (r *recorder) Error(...any)          { r.failed = true }
func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) Fatal(...any)          { r.failed = true; runtime.Goexit() }
func (r *recorder) Fatalf(string, ...any) { r.failed = true; runtime.Goexit() }

// fails reports whether rule r finds a fault in s.
func fails(t *testing.T, r rule, s *spoiled) bool {
	rec := &recorder{TB: t}
	done := make(chan struct{})
	go func() { // Fatal ends the goroutine
		defer close(done)
		r.run(rec, Config{
			Open:      func(testing.TB) ports.ChunkRepository { return s },
			Reopen:    func(_ testing.TB, r ports.ChunkRepository) ports.ChunkRepository { return r.(*spoiled).Reopen() },
			Databases: 10,
		})
	}()
	<-done
	return rec.failed
}

func TestSuiteFindsFlaws(t *testing.T) {
	all := rules()
	for _, f := range flaws {
		t.Run(f.name, func(t *testing.T) {
			i := slices.IndexFunc(all, func(r rule) bool { return strings.HasPrefix(r.name, f.rule) })
			if i < 0 {
				t.Fatalf("there is no rule %q", f.rule)
			}
			s := f.repo
			s.Memory = NewMemory()
			if !fails(t, all[i], &s) {
				t.Errorf("rule %q passed on a repository that %s", all[i].name, f.name)
			}
			plain := spoiled{Memory: NewMemory()}
			if fails(t, all[i], &plain) {
				t.Errorf("rule %q failed on a correct repository", all[i].name)
			}
		})
	}
}

func TestRuleNamesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules() {
		if seen[r.name] {
			t.Errorf("two rules are called %q", r.name)
		}
		seen[r.name] = true
	}
}
