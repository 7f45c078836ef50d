package reranktest

import (
	"context"
	"errors"
	"time"

	"github.com/memista/memista/internal/domain"
)

var lifeRules = []rule{
	{"an ended context is refused without a call", endedContext},
	{"a context that ends while the provider is slow ends the call promptly", cancelWhileHeld},
	{"a failing provider is a RerankerError that names the model", failingProvider},
	{"close twice is fine, and use after it is ErrClosed", closeTwice},
	{"close waits for calls under way", closeWaits},
}

func endedContext(s *suite) {
	canceled, cancel := context.WithCancel(s.ctx)
	cancel()
	got, err := s.Reranker.Rerank(canceled, question, passages)
	s.refused("Rerank with an ended context", got, err, context.Canceled)
	s.noCalls()
}

func cancelWhileHeld(s *suite) {
	waiting, release := s.Hold()
	defer release()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	s.within("Rerank after its context ended", func() {
		go func() {
			<-waiting
			cancel()
		}()
		got, err := s.Reranker.Rerank(ctx, question, passages)
		s.refused("Rerank whose context ends", got, err, context.Canceled)
	})
	release()
	s.rerank(passages...)
}

func failingProvider(s *suite) {
	s.Break()
	got, err := s.Reranker.Rerank(s.ctx, question, passages)
	s.refused("Rerank with a broken provider", got, err, domain.ErrReranker)
	e, ok := errors.AsType[*domain.RerankerError](err)
	if !ok || e.Model != s.Reranker.Model() || e.Message == "" {
		s.Errorf("the error is %+v; want one about %s with a message", e, s.Reranker.Model())
	}
}

func closeTwice(s *suite) {
	s.rerank(passages...)
	for range 2 {
		if err := s.Reranker.Close(); err != nil {
			s.Errorf("Close() = %v; want nil", err)
		}
	}
	got, err := s.Reranker.Rerank(s.ctx, question, passages)
	s.refused("Rerank after Close", got, err, domain.ErrClosed)
}

func closeWaits(s *suite) {
	waiting, release := s.Hold()
	defer release()
	ranked, closed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ranked)
		if got, err := s.Reranker.Rerank(s.ctx, question, passages); err != nil {
			s.refused("Rerank beside Close", got, err, domain.ErrClosed)
		}
	}()
	s.await("the call of the provider", waiting)
	go func() {
		defer close(closed)
		if err := s.Reranker.Close(); err != nil {
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
	s.await("Rerank beside Close", ranked)
	s.await("Close", closed)
}
