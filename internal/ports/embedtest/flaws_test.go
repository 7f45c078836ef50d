package embedtest

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

type (
	ctxt    = context.Context
	vectors = [][]float32
	purpose = ports.Purpose
)

// flaw is a fault that an embedder could have, and the rule that finds it.
type flaw struct {
	name     string
	rule     string // its name begins so
	embedder spoiled
}

// flaws are made anew for each run of the tests: some remember what they were asked.
func flaws() []flaw {
	return []flaw{
		{"has no name", "the model names itself", spoiled{model: func(_ *Memory, m domain.Model, err error) (domain.Model, error) {
			m.Name = ""
			return m, err
		}}},
		{"leaves nothing for words", "the model names itself", spoiled{model: func(_ *Memory, m domain.Model, err error) (domain.Model, error) {
			m.VectorShare = 1
			return m, err
		}}},
		{"changes its revision", "the model names itself", spoiled{model: numbered()}},
		{"is another for each who asks", "the model is the same for many", spoiled{model: numbered()}},
		{"is another when opened again", "the model is the same in an embedder opened", spoiled{model: numbered()}},
		{"makes its fingerprint of its name", "the fingerprint is", spoiled{model: func(_ *Memory, m domain.Model, err error) (domain.Model, error) {
			m.Fingerprint = "words"
			return m, err
		}}},
		{"leaves out a component", "embeddings have the dims", spoiled{embed: each(func(_ string, v []float32) []float32 { return v[1:] })}},
		{"has NaN for short texts", "embeddings have the dims", spoiled{embed: each(func(text string, v []float32) []float32 {
			if len(text) < 3 {
				v[2] = float32(math.NaN())
			}
			return v
		})}},
		{"is not as long as it says", "embeddings have the dims", spoiled{embed: each(func(_ string, v []float32) []float32 {
			for i := range v {
				v[i] *= 2
			}
			return v
		})}},
		{"answers in the order of lengths", "embeddings come in the order", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				sorted := slices.SortedFunc(slices.Values(texts), func(a, b string) int { return len(a) - len(b) })
				return m.Embed(ctx, sorted, p)
			}}},
		{"lets the neighbor weigh in", "embeddings come in the order", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				got, err := m.Embed(ctx, texts, p)
				for i := 1; i < len(got); i++ {
					got[i][0] += got[i-1][0] / 100
				}
				return got, err
			}}},
		{"says equal texts once", "embeddings come in the order", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				var once []string
				for _, t := range texts {
					if !slices.Contains(once, t) {
						once = append(once, t)
					}
				}
				return m.Embed(ctx, once, p)
			}}},
		{"has one embedding", "different texts", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				return m.Embed(ctx, slices.Repeat([]string{"x"}, len(texts)), p)
			}}},
		{"keeps what it gave", "embeddings belong", spoiled{embed: kept()}},
		{"has no gap between embeddings", "embeddings belong", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				got, err := m.Embed(ctx, texts, p)
				all := slices.Concat(got...)
				for i := range got {
					got[i] = all[i*memoryDims : (i+1)*memoryDims]
				}
				return got, err
			}}},
		{"has equal texts share an embedding", "embeddings belong", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				got, err := m.Embed(ctx, texts, p)
				for i := range got {
					got[i] = got[slices.Index(texts, texts[i])]
				}
				return got, err
			}}},
		{"trims the texts of the caller", "the texts of the caller", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				for i := range texts {
					texts[i] = strings.TrimSpace(texts[i])
				}
				return m.Embed(ctx, texts, p)
			}}},
		{"mixes up callers", "callers at once", spoiled{embed: mixed()}},
		{"refuses no texts", "no texts", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				if len(texts) == 0 {
					return nil, domain.Errorf(domain.ErrInvalid, "no texts")
				}
				return m.Embed(ctx, texts, p)
			}}},
		{"calls for nothing", "no texts", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				if len(texts) == 0 {
					return nil, m.call(ctx, nil)
				}
				return m.Embed(ctx, texts, p)
			}}},
		{"takes white space", "an empty text", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				texts = slices.Clone(texts)
				for i, t := range texts {
					if t != "" && strings.TrimSpace(t) == "" {
						texts[i] = "x"
					}
				}
				return m.Embed(ctx, texts, p)
			}}},
		{"does not say which is empty", "an empty text", spoiled{embed: onError(func(err error) error {
			if errors.Is(err, domain.ErrInvalid) {
				return domain.Errorf(domain.ErrInvalid, "a text is empty")
			}
			return err
		})}},
		{"takes any purpose", "an unknown purpose", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, _ purpose) (vectors, error) { return m.Embed(ctx, texts, 0) }}},
		{"fails at NUL without a kind", "a text of any bytes", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				if strings.Contains(texts[0], "\x00") {
					return nil, errors.New("unexpected NUL")
				}
				return m.Embed(ctx, texts, p)
			}}},
		{"has nothing for what it does not know", "a text of any bytes", spoiled{embed: each(func(text string, v []float32) []float32 {
			if strings.Contains(text, "\ue000") {
				return nil
			}
			return v
		})}},
		{"fails at much text without a kind", "ten megabytes", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				if len(texts[0]) > 1<<20 {
					return nil, errors.New("EOF")
				}
				return m.Embed(ctx, texts, p)
			}}},
		{"sends all texts at once", "a call has no more texts", spoiled{limits: func(l ports.EmbedLimits) ports.EmbedLimits { l.Texts = 0; return l }}},
		{"sends each text alone", "a call has no more texts", spoiled{limits: func(l ports.EmbedLimits) ports.EmbedLimits { l.Texts = 1; return l }}},
		{"does not count tokens", "a call has no more tokens", spoiled{limits: func(l ports.EmbedLimits) ports.EmbedLimits { l.Tokens = 0; return l }}},
		{"sends each text alone for fear of tokens", "a call has no more tokens", spoiled{limits: func(l ports.EmbedLimits) ports.EmbedLimits { l.Texts = 1; return l }}},
		{"does not cut", "a long text is cut", spoiled{limits: func(l ports.EmbedLimits) ports.EmbedLimits { l.TextTokens = 0; return l }}},
		{"refuses where it should cut", "a long text is cut", spoiled{limits: func(l ports.EmbedLimits) ports.EmbedLimits { l.Refuse = true; return l }}},
		{"cuts where it should refuse", "a long text is refused", spoiled{limits: func(l ports.EmbedLimits) ports.EmbedLimits { l.Refuse = false; return l }}},
		{"cuts too early", "a text within the limit", spoiled{limits: func(l ports.EmbedLimits) ports.EmbedLimits { l.TextTokens /= 16; return l }}},
		{"does not look at its context", "an ended context", spoiled{embed: deaf()}},
		{"does not hear that its context ends", "a context that ends while", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				got, err := m.Embed(ctx, texts, p)
				if errors.Is(err, context.Canceled) {
					err = &domain.EmbedderError{Kind: domain.ErrEmbedder, Ref: m.ref, Message: "it was cut off"}
				}
				return got, err
			}}},
		{"looks at its context only once", "a context that ends during", spoiled{
			embed: func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				return m.Embed(context.Background(), texts, p)
			}}},
		{"fails with any error", "a failing provider", spoiled{embed: onError(func(error) error { return errors.New("500") })}},
		{"does not say who failed", "a failing provider", spoiled{embed: onError(func(error) error {
			return &domain.EmbedderError{Kind: domain.ErrEmbedder, Message: "500"}
		})}},
		{"goes on after Close", "close twice", spoiled{closed: func(*Memory) error { return nil }}},
		{"cannot be closed twice", "close twice", spoiled{closed: func(m *Memory) error {
			if m.closed {
				return domain.ErrClosed
			}
			return m.Close()
		}}},
		{"does not wait", "close waits", spoiled{closed: func(m *Memory) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.closed = true
			return nil
		}}},
	}
}

// each changes every embedding.
func each(f func(text string, v []float32) []float32) func(*Memory, ctxt, []string, purpose) (vectors, error) {
	return func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
		got, err := m.Embed(ctx, texts, p)
		for i := range got {
			got[i] = f(texts[i], got[i])
		}
		return got, err
	}
}

// onError changes every error.
func onError(f func(error) error) func(*Memory, ctxt, []string, purpose) (vectors, error) {
	return func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
		got, err := m.Embed(ctx, texts, p)
		if err != nil {
			err = f(err)
		}
		return got, err
	}
}

// numbered counts how often it was asked.
func numbered() func(*Memory, domain.Model, error) (domain.Model, error) {
	var mu sync.Mutex
	n := 0
	return func(_ *Memory, m domain.Model, err error) (domain.Model, error) {
		mu.Lock()
		defer mu.Unlock()
		n++
		m.Revision = strconv.Itoa(n)
		return m, err
	}
}

// kept gives the same slices again.
func kept() func(*Memory, ctxt, []string, purpose) (vectors, error) {
	var mu sync.Mutex
	had := map[string][]float32{}
	return func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
		mu.Lock()
		defer mu.Unlock()
		got, err := m.Embed(ctx, texts, p)
		for i := range got {
			if v, ok := had[texts[i]]; ok {
				got[i] = v
			}
			had[texts[i]] = got[i]
		}
		return got, err
	}
}

// mixed gives one caller, now and then, what another asked for.
func mixed() func(*Memory, ctxt, []string, purpose) (vectors, error) {
	var mu sync.Mutex
	var before []float32
	calls := 0
	return func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
		got, err := m.Embed(ctx, texts, p)
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls > 2 && len(got) > 0 {
			got[0], before = before, got[0]
		} else if len(got) > 0 {
			before = got[0]
		}
		return got, err
	}
}

// deaf goes on with an ended context.
func deaf() func(*Memory, ctxt, []string, purpose) (vectors, error) {
	return func(m *Memory, ctx ctxt, texts []string, p purpose) (vectors, error) {
		return m.Embed(context.WithoutCancel(ctx), texts, p)
	}
}
