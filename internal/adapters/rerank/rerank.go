// Package rerank scores texts for a query by POST {URL}/rerank, as Cohere and Jina have it
// and vLLM, Infinity, LiteLLM and llama.cpp after them, or as Text Embeddings Inference has
// it.
package rerank

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Reranker = (*Reranker)(nil)

// path is that of the API, below the address.
const path = "/rerank"

// The defaults of Options.
const (
	// textTokens of a text are sent: twice as many as a passage of memista's own can have,
	// and more than most rerankers read.
	textTokens = 2048
	// perText is how large the answer about one text may be: a score, and the text itself
	// where a server returns it unasked, six bytes for each of its own at worst.
	perText = 1 << 10
	around  = 64 << 10
	escaped = 6
	// limit is less than for embedders: somebody waits for the answer to a search.
	limit = 30 * time.Second
)

// Options say which model of which server. Zero values are the defaults.
type Options struct {
	API   API    // "": Cohere
	Model string // as the server calls it; a server that has one model only needs none
	provider.Options
	// Texts is how many texts are sent in a call; 0: as many as the API takes.
	Texts int
	// TextTokens is how many tokens of a text are sent, by estimate; 0 means 2,048. A server
	// that takes less is sent less.
	TextTokens int
	// Limit bounds a ranking, with all its calls, tries and waits; 0 means half a minute.
	Limit time.Duration
}

// Reranker ranks texts by calls of a server. It is safe for concurrent use.
type Reranker struct {
	options Options
	client  *provider.Client
}

// New returns a reranker. Nothing is sent yet. It is domain.ErrInvalid for options that
// cannot work.
func New(o Options) (*Reranker, error) {
	o.API = cmp.Or(o.API, Cohere)
	o.Who = "reranker " + o.name()
	protocol, known := apis[o.API]
	switch {
	case !known:
		return nil, domain.Errorf(domain.ErrInvalid, "%s: unknown API %q: use %s or %s", o.Who, o.API, Cohere, TEI)
	case protocol.needsModel && o.Model == "":
		return nil, domain.Errorf(domain.ErrNoRerankModel, "reranker: the API %s needs the name of a model", o.API)
	case o.Texts < 0 || o.TextTokens < 0 || o.Limit < 0:
		return nil, domain.Errorf(domain.ErrInvalid, "%s: a limit is negative: 0 means its default", o.Who)
	}
	o.Texts, o.TextTokens = cmp.Or(o.Texts, protocol.texts), cmp.Or(o.TextTokens, textTokens)
	o.Limit = cmp.Or(o.Limit, limit)
	o.URL = strings.TrimSuffix(strings.TrimRight(o.URL, "/"), path)
	o.Hint = hint
	client, err := provider.New(o.Options)
	if err != nil {
		return nil, err
	}
	return &Reranker{options: o, client: client}, nil
}

// name returns what the reranker is called in errors.
func (o Options) name() string { return cmp.Or(o.Model, string(o.API)) }

// Model returns the name of the model, or that of the API if it has none.
func (r *Reranker) Model() string { return r.options.name() }

// Close waits for calls under way; those that wait for their turn or for another try end
// with domain.ErrClosed.
func (r *Reranker) Close() error {
	r.client.Close()
	return nil
}

// Rerank returns the score of each text, as ports.Reranker has it.
//
// What the server refuses as too long or too much is sent again in halves, a single text in
// half its length: a model that reads each text beside the query alone gives it the same
// score in any call.
func (r *Reranker) Rerank(ctx context.Context, query string, texts []string) ([]float32, error) {
	if err := r.client.Begin(); err != nil {
		return nil, err
	}
	defer r.client.End()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if strings.TrimSpace(query) == "" {
		return nil, domain.Errorf(domain.ErrInvalid, "a query to rank by is empty")
	}
	query, _ = provider.CutTokens(query, r.options.TextTokens)
	sent, err := r.cut(texts)
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, r.options.Limit)
	defer cancel()
	scores, err := r.rankAll(bounded, query, sent)
	switch {
	case err == nil:
		return scores, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, r.asError(&provider.Failure{Kind: provider.TimedOut, Message: fmt.Sprintf("it took longer than %v, with all tries and waits", r.options.Limit)})
	default:
		return nil, r.asError(err)
	}
}

// rankAll returns the scores of texts, or the error of ctx if that ends first.
func (r *Reranker) rankAll(ctx context.Context, query string, texts []string) ([]float32, error) {
	scores := make([]float32, len(texts))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(r.client.Concurrency())
	for from := 0; from < len(texts) && inner.Err() == nil; from += r.options.Texts {
		to := min(from+r.options.Texts, len(texts))
		g.Go(func() error { return r.rank(inner, query, texts[from:to], scores[from:to]) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return scores, ctx.Err() // a loop that ctx has ended leaves texts without a score
}

// cut returns of each text as much as is sent.
func (r *Reranker) cut(texts []string) ([]string, error) {
	out := make([]string, len(texts))
	for i, t := range texts {
		if strings.TrimSpace(t) == "" {
			return nil, domain.At(domain.Errorf(domain.ErrInvalid, "a text to rank is empty"), "texts["+strconv.Itoa(i)+"]")
		}
		if out[i], _ = provider.CutTokens(strings.TrimSpace(t), r.options.TextTokens); out[i] == "" {
			out[i] = t
		}
	}
	return out, nil
}

// rank puts the scores of texts into scores.
func (r *Reranker) rank(ctx context.Context, query string, texts []string, scores []float32) error {
	err := r.call(ctx, query, texts, scores)
	f, ok := errors.AsType[*provider.Failure](err)
	if err == nil || !ok || !f.TooMuch() {
		return err
	}
	if n := len(texts) / 2; n > 0 {
		if err := r.rank(ctx, query, texts[:n], scores[:n]); err != nil {
			return err
		}
		return r.rank(ctx, query, texts[n:], scores[n:])
	}
	const least = 64 // bytes, below which its length is not what the server minds
	half := strings.ToValidUTF8(texts[0][:len(texts[0])/2], "")
	if len(half) < least {
		return err
	}
	return r.rank(ctx, query, []string{half}, scores)
}

// call makes one call for all texts.
func (r *Reranker) call(ctx context.Context, query string, texts []string, scores []float32) error {
	most := int64(around)
	for _, t := range texts {
		most += perText + escaped*int64(len(t))
	}
	protocol := apis[r.options.API]
	body, err := r.client.Call(ctx, path, protocol.request(r.options.Model, query, texts), most)
	if err != nil {
		return err
	}
	return r.client.Read(body, func(body []byte) error {
		ranked, err := protocol.answer(body)
		if err != nil {
			return err
		}
		return place(ranked, scores)
	})
}

// kinds are those of the port.
var kinds = map[provider.Kind]error{
	provider.Failed: domain.ErrReranker, provider.TimedOut: domain.ErrRerankerTimeout, provider.Busy: domain.ErrRerankerBusy,
}

// asError makes what callers see of what a call returned.
func (r *Reranker) asError(err error) error {
	f, ok := errors.AsType[*provider.Failure](err)
	if !ok {
		return err
	}
	e := &domain.RerankerError{Kind: kinds[f.Kind], Model: r.Model(), Message: f.Message, Said: f.Said}
	if f.Kind == provider.Busy {
		e.RetryAfter = f.RetryAfter
	}
	return e
}

// isFinite reports whether x is a number that float32 has.
func isFinite(x float64) bool { return !math.IsNaN(x) && math.Abs(x) <= math.MaxFloat32 }
