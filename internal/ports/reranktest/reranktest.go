// Package reranktest says, by running it, what every ports.Reranker promises. An adapter
// calls Run from one test; each sub-test is a rule in words. Memory is a reranker for the
// tests of others.
package reranktest

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// prompt is how long what must come promptly may take on a machine that is busy.
const prompt = 10 * time.Second

// Config says how to get the rerankers under test.
type Config struct {
	// Open returns a new reranker, which scores as Scores does. The suite closes it.
	Open func(tb testing.TB) Subject
	// Only narrows the suite to the rules whose names begin so.
	Only string
}

// Subject is a reranker, and what the suite can see and do of its provider.
type Subject struct {
	Reranker ports.Reranker
	// Calls returns the calls that have reached the provider, and forgets them.
	Calls func() []Call
	// Hold has the calls of the provider wait until release is called. Each one that begins
	// to wait sends to waiting, which has room for many.
	Hold func() (waiting <-chan struct{}, release func())
	// Break has the provider fail from now on, in a way that trying again does not help.
	Break func()
}

// Run checks every rule in a sub-test of its own.
func Run(t *testing.T, c Config) {
	for _, r := range slices.Concat(scoreRules, lifeRules) {
		if !strings.HasPrefix(r.name, c.Only) {
			continue
		}
		t.Run(r.name, func(t *testing.T) { r.run(t, c) })
	}
}

// rule is one promise, named in words.
type rule struct {
	name  string
	check func(*suite)
}

func (r rule) run(tb testing.TB, c Config) {
	s := &suite{TB: tb, Subject: c.Open(tb), ctx: context.Background()}
	tb.Cleanup(func() {
		if err := s.Reranker.Close(); err != nil {
			s.Errorf("Close() = %v; want nil", err)
		}
	})
	r.check(s)
}

// suite is what a rule works with.
type suite struct {
	testing.TB
	Subject
	ctx context.Context
}

const question = "where do the lamps lie"

var passages = []string{
	"the red button stops the pump", "the lamps lie in the second drawer", "bread needs flour", "lamps", "Straße 道は長い مرحبا 🙂 the",
}

// rerank returns the scores of texts for the question.
func (s *suite) rerank(texts ...string) []float32 {
	s.Helper()
	got, err := s.Reranker.Rerank(s.ctx, question, texts)
	if err != nil {
		s.Fatalf("Rerank of %d texts = %v; want nil", len(texts), err)
	}
	s.wantScores(got, texts)
	return got
}

// wantScores checks that got are the scores of texts.
func (s *suite) wantScores(got []float32, texts []string) {
	s.Helper()
	if len(got) != len(texts) {
		s.Fatalf("Rerank gives %d scores for %d texts", len(got), len(texts))
	}
	for i, want := range Scores(question, texts) {
		if math.IsNaN(float64(got[i])) || math.Abs(float64(got[i]-want)) > 1e-6 {
			s.Errorf("Rerank gives text %d the score %v; want %v", i, got[i], want)
		}
	}
}

// refused checks that a call has no scores and an error of the kind.
func (s *suite) refused(what string, got []float32, err, kind error) {
	s.Helper()
	if got != nil || !errors.Is(err, kind) {
		s.Errorf("%s = %v, %v; want no scores and %v", what, got, err, kind)
	}
}

// within fails if do takes longer than what is prompt.
func (s *suite) within(what string, do func()) {
	s.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	s.await(what, done)
}

// await waits for c.
func (s *suite) await(what string, c <-chan struct{}) {
	s.Helper()
	select {
	case <-c:
	case <-time.After(prompt):
		s.Fatalf("%s takes longer than %v", what, prompt)
	}
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// invalid reports whether err is ErrInvalid that names a text by its place.
func invalid(err error, place string) bool {
	return errors.Is(err, domain.ErrInvalid) && strings.Contains(err.Error(), place)
}
