package reranktest

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/internal/domain"
)

func TestMemory(t *testing.T) {
	Run(t, Config{Open: func(testing.TB) Subject { return NewMemory().Subject() }})
}

// spoiled is a Memory with one flaw, which a rule must find.
type spoiled struct {
	*Memory
	rerank func(m *Memory, ctx context.Context, query string, texts []string) ([]float32, error)
	closed func(m *Memory) error
	model  func() string
}

func (s *spoiled) Rerank(ctx context.Context, query string, texts []string) ([]float32, error) {
	if s.rerank == nil {
		return s.Memory.Rerank(ctx, query, texts)
	}
	return s.rerank(s.Memory, ctx, query, texts)
}

func (s *spoiled) Close() error {
	if s.closed == nil {
		return s.Memory.Close()
	}
	return s.closed(s.Memory)
}

func (s *spoiled) Model() string {
	if s.model == nil {
		return s.Memory.Model()
	}
	return s.model()
}

var flaws = []struct {
	name, rule string
	spoiled
}{
	{"has no name", "it has", spoiled{model: func() string { return "" }}},
	{"answers best first", "scores come in", spoiled{rerank: func(m *Memory, ctx context.Context, q string, texts []string) ([]float32, error) {
		got, err := m.Rerank(ctx, q, texts)
		slices.Sort(got)
		return got, err
	}}},
	{"answers for few", "many texts", spoiled{rerank: func(m *Memory, ctx context.Context, q string, texts []string) ([]float32, error) {
		return m.Rerank(ctx, q, texts[:min(len(texts), 100)])
	}}},
	{"trims the texts of the caller", "the texts of the caller", spoiled{rerank: func(m *Memory, ctx context.Context, q string, texts []string) ([]float32, error) {
		for i := range texts {
			texts[i] = strings.TrimSpace(texts[i])
		}
		return m.Rerank(ctx, q, texts)
	}}},
	{"mixes up callers", "callers at once", spoiled{rerank: mixed()}},
	{"calls for nothing", "no texts", spoiled{rerank: func(m *Memory, ctx context.Context, q string, texts []string) ([]float32, error) {
		return Scores(q, texts), m.call(ctx, q, texts)
	}}},
	{"does not say which is empty", "an empty text", spoiled{rerank: onError(func(err error) error {
		if errors.Is(err, domain.ErrInvalid) {
			return domain.Errorf(domain.ErrInvalid, "a text is empty")
		}
		return err
	})}},
	{"takes an empty query", "an empty query", spoiled{rerank: func(m *Memory, ctx context.Context, q string, texts []string) ([]float32, error) {
		return m.Rerank(ctx, "x"+q, texts)
	}}},
	{"fails at much text without a kind", "a text of any bytes", spoiled{rerank: func(m *Memory, ctx context.Context, q string, texts []string) ([]float32, error) {
		if len(texts[0]) > 1<<20 {
			return nil, errors.New("EOF")
		}
		return m.Rerank(ctx, q, texts)
	}}},
	{"does not look at its context", "an ended context", spoiled{rerank: func(m *Memory, _ context.Context, q string, texts []string) ([]float32, error) {
		return m.Rerank(context.Background(), q, texts)
	}}},
	{"does not hear that its context ends", "a context that ends while", spoiled{rerank: onError(func(err error) error {
		if errors.Is(err, context.Canceled) {
			return &domain.RerankerError{Kind: domain.ErrReranker, Message: "it was cut off"}
		}
		return err
	})}},
	{"does not say who failed", "a failing provider", spoiled{rerank: onError(func(error) error {
		return &domain.RerankerError{Kind: domain.ErrReranker, Message: "500"}
	})}},
	{"goes on after Close", "close twice", spoiled{closed: func(*Memory) error { return nil }}},
	{"does not wait", "close waits", spoiled{closed: func(m *Memory) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.closed = true
		return nil
	}}},
}

// mixed gives callers at once the texts of another.
func mixed() func(*Memory, context.Context, string, []string) ([]float32, error) {
	var last atomic.Pointer[[]string]
	return func(m *Memory, ctx context.Context, q string, texts []string) ([]float32, error) {
		last.Store(&texts)
		runtime.Gosched()
		if len(*last.Load()) != len(texts) {
			return m.Rerank(ctx, q, *last.Load())
		}
		return m.Rerank(ctx, q, texts)
	}
}

func onError(change func(error) error) func(*Memory, context.Context, string, []string) ([]float32, error) {
	return func(m *Memory, ctx context.Context, q string, texts []string) ([]float32, error) {
		got, err := m.Rerank(ctx, q, texts)
		if err != nil {
			err = change(err)
		}
		return got, err
	}
}

// recorder is a testing.TB that fails without failing the test.
type recorder struct {
	testing.TB
	failed  atomic.Bool
	cleanup []func()
}

func (r *recorder) Helper()               {}
func (r *recorder) Error(...any)          { r.failed.Store(true) }
func (r *recorder) Errorf(string, ...any) { r.failed.Store(true) }
func (r *recorder) Cleanup(f func())      { r.cleanup = append(r.cleanup, f) }
func (r *recorder) Fatalf(string, ...any) {
	r.failed.Store(true)
	runtime.Goexit()
}

// TestRulesFindFlaws has a flaw for every rule that is about more than one line.
func TestRulesFindFlaws(t *testing.T) {
	for _, f := range flaws {
		t.Run(f.name, func(t *testing.T) {
			at := slices.IndexFunc(slices.Concat(scoreRules, lifeRules), func(r rule) bool { return strings.HasPrefix(r.name, f.rule) })
			if at < 0 {
				t.Fatalf("no rule begins with %q", f.rule)
			}
			r := &recorder{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				slices.Concat(scoreRules, lifeRules)[at].run(r, Config{Open: func(testing.TB) Subject {
					own := f.spoiled
					own.Memory = NewMemory()
					sub := own.Memory.Subject()
					sub.Reranker = &own
					return sub
				}})
			}()
			<-done
			for _, c := range r.cleanup {
				c()
			}
			if !r.failed.Load() {
				t.Errorf("the rule %q does not find it", f.rule)
			}
		})
	}
}
