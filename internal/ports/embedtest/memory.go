package embedtest

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/fingerprint"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Embedder = (*Memory)(nil)

// memoryDims is small, so that tests are fast, and large enough for 100 texts to be far
// from each other.
const memoryDims = 24

// memoryWords is how many words of a text are looked at one by one, so that long ones take
// no time.
const memoryWords = 1000

// Memory is an embedder without a model: texts that share words are near each other. Its
// tokens are words. It keeps count of calls, and can be held and broken, as a Subject is.
type Memory struct {
	ref    domain.EmbedderRef
	limits ports.EmbedLimits

	mu      sync.Mutex // guards all below
	idle    *sync.Cond // signalled when busy falls
	busy    int        // calls of Embed under way
	closed  bool
	broken  bool
	calls   [][]string
	held    chan struct{} // calls wait until it is closed; nil if they do not
	waiting chan struct{}
}

// NewMemory returns an embedder of the model name.
func NewMemory(name string, limits ports.EmbedLimits) *Memory {
	m := &Memory{ref: domain.EmbedderRef{Provider: "memory", Model: name}, limits: limits}
	m.idle = sync.NewCond(&m.mu)
	return m
}

// Subject returns m for the suite.
func (m *Memory) Subject() Subject {
	return Subject{Embedder: m, Calls: m.Calls, Hold: m.Hold, Break: m.Break}
}

// Model returns the model. Models with other names give other embeddings.
func (m *Memory) Model(context.Context) (domain.Model, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return domain.Model{}, domain.ErrClosed
	}
	var es [][]float32
	for _, t := range fingerprint.Texts() {
		es = append(es, m.vector(t, ports.PurposeDocument))
	}
	f, err := fingerprint.Of(es)
	return domain.Model{Provider: m.ref.Provider, Name: m.ref.Model, Dims: memoryDims, Normalised: true, Fingerprint: f}, err
}

// Limits returns the limits that it was made with.
func (m *Memory) Limits() ports.EmbedLimits { return m.limits }

// Embed returns the embeddings of texts. Queries differ from documents.
func (m *Memory) Embed(ctx context.Context, texts []string, purpose ports.Purpose) ([][]float32, error) {
	if err := m.begin(); err != nil {
		return nil, err
	}
	defer m.end()
	if purpose != ports.PurposeDocument && purpose != ports.PurposeQuery {
		return nil, domain.Errorf(domain.ErrInvalid, "unknown purpose %d", purpose)
	}
	fits := make([]string, len(texts))
	for i, t := range texts {
		var err error
		if fits[i], err = m.fit(t); err != nil {
			return nil, domain.At(err, "texts["+strconv.Itoa(i)+"]")
		}
	}
	out := make([][]float32, 0, len(texts))
	for _, batch := range m.split(fits) {
		if err := m.call(ctx, batch); err != nil {
			return nil, err
		}
		for _, t := range batch {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			out = append(out, m.vector(t, purpose))
		}
	}
	return out, nil
}

// Close waits for calls of Embed.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for m.busy > 0 {
		m.idle.Wait()
	}
	return nil
}

// Calls returns the texts of each call since the last look.
func (m *Memory) Calls() [][]string {
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

// Break has every call fail from now on.
func (m *Memory) Break() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = true
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

// fit returns as much of a text as is looked at.
func (m *Memory) fit(text string) (string, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return "", domain.Errorf(domain.ErrInvalid, "a text is empty")
	}
	if n := m.limits.TextTokens; n > 0 && len(words) > n {
		if m.limits.Refuse {
			return "", domain.Errorf(domain.ErrInvalid, "a text has %d words, at most %d are taken", len(words), n)
		}
		return strings.Join(words[:n], " "), nil
	}
	return text, nil
}

// split makes calls of texts.
func (m *Memory) split(texts []string) (batches [][]string) {
	tokens := 0
	for _, t := range texts {
		n := len(strings.Fields(t))
		last := len(batches) - 1
		if last < 0 || m.limits.Texts > 0 && len(batches[last]) >= m.limits.Texts || m.limits.Tokens > 0 && tokens+n > m.limits.Tokens {
			batches, tokens = append(batches, nil), 0
			last++
		}
		batches[last] = append(batches[last], t)
		tokens += n
	}
	return batches
}

// call is what would be a call of a provider.
func (m *Memory) call(ctx context.Context, texts []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	held, waiting, broken := m.held, m.waiting, m.broken
	m.calls = append(m.calls, slices.Clone(texts))
	m.mu.Unlock()
	if broken {
		return &domain.EmbedderError{Kind: domain.ErrEmbedder, Ref: m.ref, Message: "it was broken"}
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

// vector adds up a random direction for each word.
func (m *Memory) vector(text string, purpose ports.Purpose) []float32 {
	sum := make([]float64, memoryDims)
	words := strings.Fields(text)
	words = append(words[:min(len(words), memoryWords)], text) // so that no sum is zero, and order counts
	for _, w := range words {
		h := fnv.New64a()
		_, _ = h.Write([]byte(m.ref.Model + "\x00" + w))
		r := rand.New(rand.NewPCG(h.Sum64(), uint64(purpose)))
		for i := range sum {
			sum[i] += r.NormFloat64()
		}
	}
	length := 0.0
	for _, x := range sum {
		length += x * x
	}
	out := make([]float32, memoryDims)
	for i, x := range sum {
		out[i] = float32(x / math.Sqrt(length))
	}
	return out
}
