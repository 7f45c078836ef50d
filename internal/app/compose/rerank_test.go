package compose_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
)

// TestTheTimeoutBoundsARanking asks servers that never give scores: whoever searches waits
// for all tries together no longer than the setting says.
func TestTheTimeoutBoundsARanking(t *testing.T) {
	for _, c := range []struct {
		name       string
		reply      http.HandlerFunc
		limit      time.Duration
		most       time.Duration // that it takes
		kind       error
		retryAfter time.Duration
	}{
		{"no answer", providertest.Hang, 300 * time.Millisecond, 2 * time.Second, domain.ErrRerankerTimeout, 0},
		{"one error after the other", providertest.Say(500, "oh"), 300 * time.Millisecond, 900 * time.Millisecond, domain.ErrReranker, 0},
		{"a wait beyond the limit", providertest.Say(429, "later", "Retry-After", "7"), 3 * time.Second, 2 * time.Second, domain.ErrRerankerBusy, 7 * time.Second},
		{"a date in a year", providertest.Say(429, "later", "Retry-After", time.Now().AddDate(1, 0, 0).UTC().Format(http.TimeFormat)), 0, 2 * time.Second, domain.ErrRerankerBusy, 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := providertest.NewServer(t, c.reply)
			r, err := compose.Reranker(compose.RerankConfig{URL: s.URL, Model: "words", Timeout: c.limit})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			began := time.Now()
			_, err = r.Rerank(t.Context(), "q", []string{"a"})
			took := time.Since(began)
			e, ok := errors.AsType[*domain.RerankerError](err)
			if !ok || !errors.Is(err, c.kind) || e.RetryAfter != c.retryAfter {
				t.Errorf("Rerank = %+v; want %v and %v to wait", err, c.kind, c.retryAfter)
			}
			if took > c.most {
				t.Errorf("Rerank took %v; want %v at most", took, c.most)
			}
		})
	}
}
