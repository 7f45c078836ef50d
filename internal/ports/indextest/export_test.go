package indextest

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/memista/memista/internal/domain"
)

// Rules returns the names of all rules.
func Rules() []string {
	var names []string
	for _, r := range rules() {
		names = append(names, r.name)
	}
	return names
}

// Failures runs the rule called name against cfg and returns what it complains of.
func Failures(t *testing.T, cfg Config, name string, m domain.Metric) []string {
	t.Helper()
	cfg = cfg.withDefaults(t)
	for _, r := range rules() {
		if r.name != name {
			continue
		}
		rec := &recorder{TB: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer rec.finish()
			r.run(newSuite(rec, cfg, m))
		}()
		<-done
		return rec.failures
	}
	t.Fatalf("there is no rule %q", name)
	return nil
}

// recorder is a testing.TB that remembers failures instead of failing.
type recorder struct {
	testing.TB
	mu       sync.Mutex // guards failures, cleanups
	failures []string
	cleanups []func()
}

func (r *recorder) record(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, s)
}

func (r *recorder) finish() {
	if p := recover(); p != nil {
		r.record(fmt.Sprint("panic: ", p))
	}
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

func (r *recorder) Errorf(format string, args ...any) { r.record(fmt.Sprintf(format, args...)) }
func (r *recorder) Error(args ...any)                 { r.record(fmt.Sprint(args...)) }

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Fatal(args ...any) {
	r.Error(args...)
	runtime.Goexit()
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.failures) > 0
}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

func (r *recorder) Logf(string, ...any) {}
