// Package ollama embeds texts by POST {URL}/api/embed of Ollama.
package ollama

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/memista/memista/internal/adapters/embed/remote"
	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/ports"
)

var (
	_ ports.Embedder  = (*Embedder)(nil)
	_ remote.Protocol = (*protocol)(nil)
	_ remote.Reviser  = (*protocol)(nil)
)

// Provider is the name of the provider where Options have none.
const Provider = "ollama"

// URL is the address where Options have none.
const URL = "http://localhost:11434"

const (
	// concurrency is less than elsewhere: Ollama embeds the texts of a call at once by itself.
	concurrency = 2
	// timeout is more than elsewhere: Ollama may have to load the model first.
	timeout = 2 * time.Minute
)

// DefaultLimits are 32 texts in a call. Ollama knows how long a text may be, and cuts it.
func DefaultLimits() ports.EmbedLimits { return ports.EmbedLimits{Texts: 32} }

// Options say which model of which server. Zero values are the defaults, of which two are
// others than those of remote: 2 calls at once, and 2 minutes for each. Limits are taken as
// they are; with Limits.Refuse Ollama is told not to cut.
type Options struct {
	remote.Options
	// KeepAlive is how long Ollama keeps the model in memory after a call: 0 leaves it to
	// Ollama, less is for ever.
	KeepAlive time.Duration
}

// Embedder embeds texts by Ollama. It is safe for concurrent use.
type Embedder struct {
	*remote.Embedder
}

// New returns an embedder. Nothing is sent yet. It is domain.ErrInvalid for options that
// cannot work.
func New(o Options) (*Embedder, error) {
	o.Provider, o.URL = cmp.Or(o.Provider, Provider), cmp.Or(o.URL, URL)
	o.Concurrency, o.Timeout = cmp.Or(o.Concurrency, concurrency), cmp.Or(o.Timeout, timeout)
	e, err := remote.New(o.Options, &protocol{Options: o})
	if err != nil {
		return nil, err
	}
	return &Embedder{e}, nil
}

// protocol is the API.
type protocol struct {
	Options
}

type request struct {
	Model      string   `json:"model"`
	Input      []string `json:"input"`
	Truncate   bool     `json:"truncate"`
	Dimensions int      `json:"dimensions,omitempty"`
	KeepAlive  string   `json:"keep_alive,omitempty"`
}

// Path returns the path of the API.
func (p *protocol) Path() string { return "/api/embed" }

// Request returns the body of a call.
func (p *protocol) Request(texts []string) any {
	r := request{Model: p.Model, Input: texts, Truncate: !p.Limits.Refuse, Dimensions: p.Dims}
	if p.KeepAlive != 0 {
		r.KeepAlive = p.KeepAlive.String()
	}
	return r
}

// Answer reads {"embeddings":[…]}.
func (p *protocol) Answer(body []byte, _ int) ([][]float32, error) { return readAnswer(body) }

func readAnswer(body []byte) ([][]float32, error) {
	var a struct {
		Embeddings []remote.Vector `json:"embeddings"`
	}
	if err := provider.Decode(body, &a); err != nil {
		return nil, err
	}
	return remote.Plain(a.Embeddings), nil
}

// Adapt knows no other request.
func (p *protocol) Adapt(remote.Refusal) bool { return false }

// Hint says what to do.
func (p *protocol) Hint(r remote.Refusal) string {
	said := strings.ToLower(r.Message)
	switch {
	case r.Status == 0:
		return "is Ollama running? ollama serve"
	case r.Status == http.StatusNotFound && strings.Contains(said, "model"):
		return "ollama pull " + p.Model
	case r.Status == http.StatusNotFound:
		return "is the address right, and Ollama 0.3 or newer?"
	case strings.Contains(said, "does not support embed"):
		return "this model makes no embeddings: nomic-embed-text does"
	}
	return ""
}

// Revision returns the beginning of the digest of the model, as ollama list shows it; empty
// if the server tells none, as others that speak its API may not.
func (p *protocol) Revision(ctx context.Context, get func(context.Context, string) ([]byte, error)) (string, error) {
	body, err := get(ctx, "/api/tags")
	if remote.IsRefused(err, http.StatusNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var list struct {
		Models []struct {
			Name   string `json:"name"`
			Digest string `json:"digest"`
		} `json:"models"`
	}
	_ = json.Unmarshal(body, &list) // what is no list tells none
	const shown = 12
	for _, m := range list.Models {
		if m.Name == p.Model || m.Name == p.Model+":latest" {
			digest := strings.TrimPrefix(m.Digest, "sha256:")
			return digest[:min(len(digest), shown)], nil
		}
	}
	return "", nil
}
