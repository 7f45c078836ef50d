// Package openai embeds texts by POST {URL}/embeddings, as OpenAI has it and many servers
// after it: vLLM, Text Embeddings Inference, LM Studio, llama.cpp and Ollama.
package openai

import (
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/memista/memista/internal/adapters/embed/remote"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Embedder = (*Embedder)(nil)

// Provider is the name of the provider where Options have none.
const Provider = "openai"

// URL is the address where Options have none.
const URL = "https://api.openai.com/v1"

// path is that of the API, below the address.
const path = "/embeddings"

// DefaultLimits are limits that suit most servers: 32 texts in a call are as many as Text
// Embeddings Inference takes, 8,191 tokens in a text as many as the models of OpenAI look
// at. OpenAI takes 300,000 tokens in a call. A server that takes less is sent halves.
func DefaultLimits() ports.EmbedLimits {
	return ports.EmbedLimits{Texts: 32, Tokens: 250_000, TextTokens: 8191}
}

// Options say which model of which server. Zero values are the defaults; Limits are taken
// as they are.
type Options struct {
	remote.Options
}

// Embedder embeds texts by the API of OpenAI. It is safe for concurrent use.
type Embedder struct {
	*remote.Embedder
}

// New returns an embedder. Nothing is sent yet. It is domain.ErrInvalid for options that
// cannot work.
func New(o Options) (*Embedder, error) {
	if o.Provider == "" {
		o.Provider = Provider
	}
	if o.URL == "" {
		o.URL = URL
	}
	o.URL = strings.TrimSuffix(strings.TrimRight(o.URL, "/"), path)
	e, err := remote.New(o.Options, &protocol{model: o.Model, dims: o.Dims})
	if err != nil {
		return nil, err
	}
	return &Embedder{e}, nil
}

var _ remote.Protocol = (*protocol)(nil)

// protocol is the API.
type protocol struct {
	model   string
	dims    int
	numbers atomic.Bool // the server does not take encoding_format
}

// request is the body of a call.
type request struct {
	Model      string   `json:"model"`
	Input      []string `json:"input"`
	Encoding   string   `json:"encoding_format,omitempty"`
	Dimensions int      `json:"dimensions,omitempty"`
}

// Path returns the path of the API.
func (p *protocol) Path() string { return path }

// Request asks for base64, a third of the size of numbers. A server that does not know it
// answers with numbers.
func (p *protocol) Request(texts []string) any {
	r := request{Model: p.model, Input: texts, Encoding: "base64", Dimensions: p.dims}
	if p.numbers.Load() {
		r.Encoding = ""
	}
	return r
}

// Answer reads {"data":[{"index":…,"embedding":…}]}.
func (p *protocol) Answer(body []byte, n int) ([][]float32, error) { return readAnswer(body, n) }

// Adapt leaves encoding_format out where a server refuses it.
func (p *protocol) Adapt(r remote.Refusal) bool {
	said := strings.ToLower(r.Message)
	minds := strings.Contains(said, "encoding_format") || strings.Contains(said, "base64")
	return minds && (r.Status == http.StatusBadRequest || r.Status == http.StatusUnprocessableEntity) && p.numbers.CompareAndSwap(false, true)
}

// Hint says what to look at.
func (p *protocol) Hint(r remote.Refusal) string {
	switch {
	case r.Status == http.StatusUnauthorized, r.Status == http.StatusForbidden:
		return "is the key right, and allowed to use this model?"
	case r.Status == http.StatusNotFound && r.Code == "":
		return "is the address right? Most end in /v1"
	case r.Status == http.StatusNotFound:
		return "is the model right?"
	case r.Code == "insufficient_quota":
		return "the account has no credit left"
	case p.dims > 0 && r.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(r.Message), "dimension"):
		return "this model has dims of its own: leave dims out"
	}
	return ""
}
