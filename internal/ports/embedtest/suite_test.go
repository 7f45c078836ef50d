package embedtest

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func countWords(text string) int { return len(strings.Fields(text)) }

func TestMemory(t *testing.T) {
	Run(t, Config{
		Open:   func(_ testing.TB, l ports.EmbedLimits) Subject { return NewMemory("words", l).Subject() },
		Tokens: countWords,
	})
}

// spoiled is a Memory with one flaw, which a rule must find.
type spoiled struct {
	*Memory
	limits func(ports.EmbedLimits) ports.EmbedLimits // that it goes by, instead of those it tells
	told   ports.EmbedLimits
	model  func(m *Memory, got domain.Model, err error) (domain.Model, error)
	embed  func(m *Memory, ctx context.Context, texts []string, p ports.Purpose) ([][]float32, error)
	closed func(m *Memory) error
}

func (s *spoiled) open(l ports.EmbedLimits) Subject {
	out := *s
	out.told = l
	if s.limits != nil {
		l = s.limits(l)
	}
	out.Memory = NewMemory("words", l)
	sub := out.Subject()
	sub.Embedder = &out
	return sub
}

func (s *spoiled) Limits() ports.EmbedLimits { return s.told }

func (s *spoiled) Model(ctx context.Context) (domain.Model, error) {
	m, err := s.Memory.Model(ctx)
	if s.model == nil {
		return m, err
	}
	return s.model(s.Memory, m, err)
}

func (s *spoiled) Embed(ctx context.Context, texts []string, p ports.Purpose) ([][]float32, error) {
	if s.embed == nil {
		return s.Memory.Embed(ctx, texts, p)
	}
	return s.embed(s.Memory, ctx, texts, p)
}

func (s *spoiled) Close() error {
	if s.closed == nil {
		return s.Memory.Close()
	}
	return s.closed(s.Memory)
}

// recorder is a testing.TB that keeps failures to itself.
type recorder struct {
	testing.TB
	failed   atomic.Bool // rules fail from several goroutines
	skipped  bool
	cleanups []func()
}

func (r *recorder) Helper()               {}
func (r *recorder) Errorf(string, ...any) { r.failed.Store(true) }
func (r *recorder) Error(...any)          { r.failed.Store(true) }
func (r *recorder) Fatalf(string, ...any) { r.failed.Store(true); runtime.Goexit() }
func (r *recorder) Skipf(string, ...any)  { r.skipped = true; runtime.Goexit() }
func (r *recorder) Cleanup(f func())      { r.cleanups = append(r.cleanups, f) }

// fails reports whether rule r finds a fault in s.
func fails(t *testing.T, r rule, s *spoiled) bool {
	rec := &recorder{TB: t}
	inGoroutine := func(f func()) { // Fatalf ends it
		done := make(chan struct{})
		go func() { defer close(done); f() }()
		<-done
	}
	inGoroutine(func() {
		r.run(rec, Config{Open: func(_ testing.TB, l ports.EmbedLimits) Subject { return s.open(l) }, Tokens: countWords})
	})
	for _, f := range slices.Backward(rec.cleanups) {
		inGoroutine(f)
	}
	if rec.skipped {
		t.Errorf("rule %q was skipped", r.name)
	}
	return rec.failed.Load()
}

func TestSuiteFindsFlaws(t *testing.T) {
	all := rules()
	for _, f := range flaws() {
		t.Run(f.name, func(t *testing.T) {
			i := slices.IndexFunc(all, func(r rule) bool { return strings.HasPrefix(r.name, f.rule) })
			if i < 0 {
				t.Fatalf("there is no rule %q", f.rule)
			}
			if !fails(t, all[i], &f.embedder) {
				t.Errorf("rule %q passed on an embedder that %s", all[i].name, f.name)
			}
		})
	}
}

func TestEveryRuleFindsAFlaw(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rules() {
		if seen[r.name] {
			t.Errorf("two rules are called %q", r.name)
		}
		seen[r.name] = true
		if !slices.ContainsFunc(flaws(), func(f flaw) bool { return strings.HasPrefix(r.name, f.rule) }) {
			t.Errorf("no flaw shows that the rule %q can fail", r.name)
		}
	}
}
