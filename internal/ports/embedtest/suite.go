package embedtest

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// prompt is how long what must come promptly may take on a machine that is busy.
const prompt = 10 * time.Second

// suite is what a rule works with.
type suite struct {
	testing.TB
	Subject
	config Config
	ctx    context.Context
	rng    *rand.Rand
}

func newSuite(tb testing.TB, c Config) *suite {
	n := seed(tb)
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("seed %d", n)
		}
	})
	return &suite{TB: tb, config: c, ctx: context.Background(), rng: rand.New(rand.NewPCG(n, 1))}
}

// seed returns the seed of this run.
func seed(tb testing.TB) uint64 {
	text := os.Getenv("MEMISTA_SEED")
	if text == "" {
		return 20261130
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		tb.Fatalf("MEMISTA_SEED: %v", err)
	}
	return n
}

// open puts a new embedder in s, which is closed when the test ends.
func (s *suite) open(limits ports.EmbedLimits) {
	s.Helper()
	s.Subject = s.config.Open(s.TB, limits)
	e := s.Embedder
	s.Cleanup(func() {
		if err := e.Close(); err != nil {
			s.Errorf("Close() = %v; want nil", err)
		}
	})
}

// model returns the model of the embedder. Calls that it took are forgotten.
func (s *suite) model() domain.Model {
	s.Helper()
	m, err := s.Embedder.Model(s.ctx)
	if err != nil {
		s.Fatalf("Model() = %v; want nil", err)
	}
	s.calls()
	return m
}

// calls returns the calls of the provider since the last look, nil if nobody can tell.
func (s *suite) calls() [][]string {
	if s.Calls == nil {
		return nil
	}
	return s.Calls()
}

// embed embeds texts as documents, which must do.
func (s *suite) embed(texts ...string) [][]float32 {
	s.Helper()
	return s.embedFor(ports.PurposeDocument, texts...)
}

func (s *suite) embedFor(p ports.Purpose, texts ...string) [][]float32 {
	s.Helper()
	got, err := s.Embedder.Embed(s.ctx, texts, p)
	if err != nil {
		s.Fatalf("Embed(%s) = %v; want nil", brief(texts), err)
	}
	if len(got) != len(texts) {
		s.Fatalf("Embed(%s) returns %d embeddings; want %d", brief(texts), len(got), len(texts))
	}
	return got
}

// valid checks what holds of every embedding.
func (s *suite) valid(m domain.Model, text string, e []float32) {
	s.Helper()
	if len(e) != m.Dims {
		s.Errorf("Embed(%s) has %d components; want the %d of the model", brief([]string{text}), len(e), m.Dims)
	}
	sum := 0.0
	for i, x := range e {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			s.Errorf("Embed(%s) has %v as component %d; want a finite number", brief([]string{text}), x, i)
			return
		}
		sum += float64(x) * float64(x)
	}
	if length := math.Sqrt(sum); m.Normalised && math.Abs(length-1) > 1e-3 {
		s.Errorf("Embed(%s) has the length %v; the model says that all have the length 1", brief([]string{text}), length)
	}
}

// same reports whether a and b are embeddings of one text.
func (s *suite) same(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !(math.Abs(float64(a[i])-float64(b[i])) <= s.config.Tolerance) {
			return false
		}
	}
	return true
}

// kind checks that a call failed with an error of a kind, and returned no embeddings.
func (s *suite) kind(call string, got [][]float32, err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Errorf("%s = %v; want %v", call, err, want)
	}
	if got != nil {
		s.Errorf("%s returns %d embeddings beside its error; want none", call, len(got))
	}
}

// names checks that err says which text it is about.
func (s *suite) names(err error, at int) {
	s.Helper()
	place := "texts[" + strconv.Itoa(at) + "]"
	if err != nil && !strings.Contains(err.Error(), place) {
		s.Errorf("the error %q does not name %s", err, place)
	}
}

// known reports whether err is of a kind that the port names.
func known(err error) bool {
	_, failed := errors.AsType[*domain.EmbedderError](err)
	return failed && errors.Is(err, domain.ErrEmbedder) || errors.Is(err, domain.ErrInvalid)
}

// sentences returns n sentences of 3 to 12 words, no two the same.
func (s *suite) sentences(n int) []string {
	out, seen := make([]string, 0, n), map[string]bool{}
	for len(out) < n {
		w := make([]string, 3+s.rng.IntN(10))
		for i := range w {
			w[i] = vocabulary[s.rng.IntN(len(vocabulary))]
		}
		text := strings.Join(w, " ")
		if !seen[text] {
			seen[text] = true
			out = append(out, text)
		}
	}
	return out
}

// vocabulary are words that models know.
var vocabulary = strings.Fields(`the a of in and house river mountain road market bread water light night
	morning winter summer child teacher doctor engine wheel paper letter song music green blue small large
	quick slow walks reads writes sells builds opens closes finds under over beside without before after`)

// within fails the rule if f has not returned when promptness ends.
func (s *suite) within(what string, f func()) {
	s.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	s.await(what, done)
}

// await waits for a signal that must come promptly.
func (s *suite) await(what string, signal <-chan struct{}) {
	s.Helper()
	timer := time.NewTimer(prompt)
	defer timer.Stop()
	select {
	case <-signal:
	case <-timer.C:
		s.Fatalf("%s takes longer than %v", what, prompt)
	}
}

// need skips the rule unless the subject can do what it needs.
func (s *suite) need(can bool, what string) {
	s.Helper()
	if !can {
		s.Skipf("the test of this embedder %s", what)
	}
}

// brief describes texts in a message.
func brief(texts []string) string {
	const most = 40
	var b strings.Builder
	for i, t := range texts {
		if i == 3 {
			b.WriteString(" …")
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(quote(t, most))
	}
	return b.String()
}

// quote shortens text for a message.
func quote(text string, most int) string {
	if len(text) <= most {
		return strconv.Quote(text)
	}
	return strconv.Quote(text[:most]) + "… of " + strconv.Itoa(len(text)) + " bytes"
}
