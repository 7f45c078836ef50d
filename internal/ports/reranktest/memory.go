package reranktest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Reranker = (*Memory)(nil)

// Memory is a reranker without a model: the score of a text is how many of its first words
// the query has, as a share of them. It keeps count of calls, and can be held and broken, as
// a Subject is.
type Memory struct {
	mu      sync.Mutex // guards all below
	idle    *sync.Cond // signalled when busy falls
	busy    int        // calls of Rerank under way
	closed  bool
	broken  error
	calls   []Call
	held    chan struct{} // calls wait until it is closed; nil if they do not
	waiting chan struct{}
}

// Call is one that reached the provider.
type Call struct {
	Query string
	Texts []string
}

// NewMemory returns a reranker.
func NewMemory() *Memory {
	m := &Memory{}
	m.idle = sync.NewCond(&m.mu)
	return m
}

// Subject returns m for the suite.
func (m *Memory) Subject() Subject {
	return Subject{Reranker: m, Calls: m.Calls, Hold: m.Hold, Break: func() { m.Fail(domain.ErrReranker, 0) }}
}

// Model returns "words".
func (m *Memory) Model() string { return "words" }

// Rerank returns the score of each text.
func (m *Memory) Rerank(ctx context.Context, query string, texts []string) ([]float32, error) {
	if err := m.begin(); err != nil {
		return nil, err
	}
	defer m.end()
	if strings.TrimSpace(query) == "" {
		return nil, domain.Errorf(domain.ErrInvalid, "a query is empty")
	}
	for i, t := range texts {
		if strings.TrimSpace(t) == "" {
			return nil, domain.At(domain.Errorf(domain.ErrInvalid, "a text is empty"), "texts["+strconv.Itoa(i)+"]")
		}
	}
	if len(texts) == 0 {
		return nil, ctx.Err()
	}
	if err := m.call(ctx, query, texts); err != nil {
		return nil, err
	}
	return Scores(query, texts), nil
}

// Scores returns the scores of a Memory.
func Scores(query string, texts []string) []float32 {
	asked := strings.Fields(strings.ToLower(query))
	out := make([]float32, len(texts))
	for i, t := range texts {
		const looked = 100 // words, so that long texts take no time
		words := strings.Fields(strings.ToLower(t))
		words = words[:min(len(words), looked)]
		for _, w := range words {
			if slices.Contains(asked, w) {
				out[i] += 1 / float32(len(words))
			}
		}
	}
	return out
}

// Close waits for calls of Rerank.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for m.busy > 0 {
		m.idle.Wait()
	}
	return nil
}

// Calls returns the calls since the last look.
func (m *Memory) Calls() []Call {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls = nil
	return calls
}

// Hold has calls wait until release is called, which may be done twice.
func (m *Memory) Hold() (waiting <-chan struct{}, release func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	const many = 1000
	held := make(chan struct{})
	m.held, m.waiting = held, make(chan struct{}, many)
	return m.waiting, sync.OnceFunc(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.held = nil
		close(held)
	})
}

// Fail has every call fail with an error of the kind from now on; nil has them work again.
// retry is how many seconds the provider asks to wait.
func (m *Memory) Fail(kind error, retry int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = nil
	if kind != nil {
		m.broken = &domain.RerankerError{Kind: kind, Model: m.Model(), Message: "it was broken", RetryAfter: seconds(retry)}
	}
}

func (m *Memory) begin() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return domain.ErrClosed
	}
	m.busy++
	return nil
}

func (m *Memory) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.busy--
	m.idle.Broadcast()
}

// call is what would be a call of a provider.
func (m *Memory) call(ctx context.Context, query string, texts []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	held, waiting, broken := m.held, m.waiting, m.broken
	m.calls = append(m.calls, Call{query, slices.Clone(texts)})
	m.mu.Unlock()
	if broken != nil {
		return broken
	}
	if held == nil {
		return nil
	}
	waiting <- struct{}{}
	select {
	case <-held:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
