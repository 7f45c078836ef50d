package domain

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The kinds of failures of a reranker.
var (
	// ErrReranker is a reranker that failed or answered what it must not.
	ErrReranker = errors.New("reranker failed")
	// ErrRerankerTimeout is the ErrReranker for an answer that did not come in time.
	ErrRerankerTimeout = fmt.Errorf("reranker timed out: %w", ErrReranker)
	// ErrRerankerBusy is the ErrReranker for a provider that takes no more for now.
	ErrRerankerBusy = fmt.Errorf("reranker takes no more for now: %w", ErrReranker)
)

// RerankerError is a failure of a reranker. Its message can be shown to the caller: it has
// no key and no address with a password in it.
type RerankerError struct {
	Kind       error         // ErrReranker, ErrRerankerTimeout or ErrRerankerBusy
	Model      string        // which one
	Message    string        // the cause
	Said       string        // what in Message are words of the provider, in which texts may stand; "": nothing
	RetryAfter time.Duration // how long to wait, for ErrRerankerBusy; 0 if the provider does not say
}

// Error names the reranker and the cause.
func (e *RerankerError) Error() string {
	return fmt.Sprintf("the reranker %s: %s", e.Model, e.Message)
}

// Reason is Error without words of the provider, for logs.
func (e *RerankerError) Reason() string { return strings.Replace(e.Error(), e.Said, "", 1) }

// Unwrap returns the kind.
func (e *RerankerError) Unwrap() error { return e.Kind }

// Bounds of how many of the first hits are ranked again.
const (
	DefaultRerank = 50
	MaxRerank     = 1000 // as many texts as Cohere takes in a call
)
