package embedtest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var lifeRules = []rule{
	{name: "an ended context is refused without a call", check: endedContext},
	{name: "a context that ends while the provider is slow ends the call promptly", check: cancelWhileHeld},
	{name: "a context that ends during much work ends it", check: cancelMuchWork},
	{name: "a failing provider is an EmbedderError that names the model", check: failingProvider},
	{name: "close twice is fine, and use after it is ErrClosed", check: closeTwice},
	{name: "close waits for calls under way", check: closeWaits},
}

func endedContext(s *suite) {
	s.model()
	canceled, cancel := context.WithCancel(s.ctx)
	cancel()
	late, cancel := context.WithDeadline(s.ctx, time.Now().Add(-time.Second))
	defer cancel()
	for want, ctx := range map[error]context.Context{context.Canceled: canceled, context.DeadlineExceeded: late} {
		got, err := s.Embedder.Embed(ctx, s.sentences(3), ports.PurposeDocument)
		s.kind("Embed with an ended context", got, err, want)
	}
	if calls := s.calls(); len(calls) > 0 {
		s.Errorf("Embed with an ended context calls the provider with %q", calls)
	}
}

func cancelWhileHeld(s *suite) {
	s.need(s.Hold != nil, "cannot hold the provider")
	s.model()
	waiting, release := s.Hold()
	defer release()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	s.within("Embed after its context ended", func() {
		go func() {
			<-waiting
			cancel()
		}()
		got, err := s.Embedder.Embed(ctx, s.sentences(3), ports.PurposeDocument)
		s.kind("Embed whose context ends", got, err, context.Canceled)
	})
	release()
	s.embed(s.sentences(3)...)
}

func cancelMuchWork(s *suite) {
	s.model()
	ctx := &fewLooks{Context: s.ctx, left: 2, done: make(chan struct{})}
	s.within("Embed after its context ended", func() {
		got, err := s.Embedder.Embed(ctx, s.sentences(1000), ports.PurposeDocument)
		s.kind("Embed of 1,000 texts whose context ends at the second look", got, err, context.Canceled)
	})
}

// fewLooks is a context that ends when it has been looked at a number of times, so that
// whoever looks at the beginning only is found, however fast.
type fewLooks struct {
	context.Context
	mu   sync.Mutex // guards all below
	left int
	done chan struct{}
}

func (c *fewLooks) look() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == 0 {
		close(c.done)
	}
	return c.left <= 0
}

// Done is closed by the last look.
func (c *fewLooks) Done() <-chan struct{} {
	c.look()
	return c.done
}

// Err is the end from the last look on.
func (c *fewLooks) Err() error {
	if c.look() {
		return context.Canceled
	}
	return nil
}

func failingProvider(s *suite) {
	s.need(s.Break != nil, "cannot break the provider")
	m := s.model()
	s.Break()
	got, err := s.Embedder.Embed(s.ctx, s.sentences(9), ports.PurposeDocument)
	s.kind("Embed with a broken provider", got, err, domain.ErrEmbedder)
	e, ok := errors.AsType[*domain.EmbedderError](err)
	if !ok {
		s.Fatalf("Embed with a broken provider = %T; want *domain.EmbedderError", err)
	}
	if want := (domain.EmbedderRef{Provider: m.Provider, Model: m.Name}); e.Ref != want || e.Message == "" {
		s.Errorf("the error is %+v; want one about %v with a message", e, want)
	}
	if again := s.model(); again != m {
		s.Errorf("Model() = %+v once the provider fails; want %+v", again, m)
	}
}

func closeTwice(s *suite) {
	s.embed("a text")
	for range 2 {
		if err := s.Embedder.Close(); err != nil {
			s.Errorf("Close() = %v; want nil", err)
		}
	}
	for _, texts := range [][]string{{"a text"}, {"other", "texts"}} {
		got, err := s.Embedder.Embed(s.ctx, texts, ports.PurposeDocument)
		s.kind("Embed after Close", got, err, domain.ErrClosed)
	}
	if _, err := s.Embedder.Model(s.ctx); !errors.Is(err, domain.ErrClosed) {
		s.Errorf("Model after Close = %v; want %v", err, domain.ErrClosed)
	}
}

func closeWaits(s *suite) {
	s.need(s.Hold != nil, "cannot hold the provider")
	s.model()
	waiting, release := s.Hold()
	defer release()
	embedded, closed := make(chan struct{}), make(chan struct{})
	texts := s.sentences(3)
	go func() {
		defer close(embedded)
		got, err := s.Embedder.Embed(s.ctx, texts, ports.PurposeDocument)
		if err != nil {
			s.kind("Embed beside Close", got, err, domain.ErrClosed)
		}
	}()
	s.await("the call of the provider", waiting)
	go func() {
		defer close(closed)
		if err := s.Embedder.Close(); err != nil {
			s.Errorf("Close() = %v; want nil", err)
		}
	}()
	const long = 50 * time.Millisecond // an implementation that does not wait is through by then
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-closed:
		s.Error("Close returns while the provider is still called")
	case <-timer.C:
	}
	release()
	s.await("Embed beside Close", embedded)
	s.await("Close", closed)
}
