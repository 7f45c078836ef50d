package compose

import (
	"time"

	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/adapters/rerank"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// RerankConfig says what ranks the first hits of searches again. With the zero value nothing
// does.
type RerankConfig struct {
	URL         string        // base address of a server with /rerank; "": there is none
	API         string        // "cohere" or "tei"; "": cohere
	Model       string        // as the server calls it
	Key         string        // sent to that server only
	Timeout     time.Duration // of a ranking, with all tries and waits; 0 means 30 s
	Concurrency int           // calls under way at once; 0 means 4
}

// Reranker returns the reranker that c says; nil if there is none.
func Reranker(c RerankConfig) (ports.Reranker, error) {
	if c.URL == "" {
		return nil, nil
	}
	r, err := rerank.New(rerank.Options{
		API: rerank.API(c.API), Model: c.Model, Limit: c.Timeout,
		Options: provider.Options{URL: c.URL, Key: domain.NewSecret(c.Key), Timeout: c.Timeout, Concurrency: c.Concurrency},
	})
	if err != nil {
		return nil, err // not a nil *Reranker in an interface
	}
	return r, nil
}
