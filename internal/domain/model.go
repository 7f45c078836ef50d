package domain

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Model is the identity of a model that turns texts into embeddings. Embeddings of models
// with different fingerprints, as SameFingerprint has it, cannot be compared.
type Model struct {
	Provider   string // such as "static" or "openai"
	Name       string // as its provider calls it
	Revision   string // empty if the provider tells none
	Dims       int    // components of an embedding
	Normalised bool   // whether every embedding has the length 1
	// VectorShare is how much the list by embeddings of this model weighs beside a list by
	// words, where a query does not say: above 0, below 1, the words have the rest. 0 is
	// DefaultVectorShare.
	VectorShare float64
	// Fingerprint is what Fingerprint says of the embeddings of fixed texts. Two are
	// compared with SameFingerprint: the last bits may differ on another machine.
	Fingerprint string
}

// EmbedderRef names a model: which adapter, and what that calls it.
type EmbedderRef struct {
	Provider string
	Model    string
}

// Embedder is the embedder of a database.
type Embedder struct {
	EmbedderRef
	// Fingerprint is that of the model that made the embeddings of the database.
	Fingerprint string
}

// ParseEmbedderRef reads "provider/model". The model may have slashes; "" is no embedder.
func ParseEmbedderRef(s string) (EmbedderRef, error) {
	provider, model, ok := strings.Cut(s, "/")
	if s != "" && (!ok || provider == "" || model == "") {
		return EmbedderRef{}, Errorf(ErrInvalid, "an embedder is written as provider/model, such as static/glove, and not %q", s)
	}
	return EmbedderRef{Provider: provider, Model: model}, nil
}

// DefaultEmbedder stands, where a database is made, for the embedder of databases that name
// none.
var DefaultEmbedder = EmbedderRef{Provider: "default", Model: "default"}

// ParseNewEmbedder is ParseEmbedderRef for a database that is made, where "default" is the
// DefaultEmbedder.
func ParseNewEmbedder(s string) (EmbedderRef, error) {
	if s == "default" {
		return DefaultEmbedder, nil
	}
	return ParseEmbedderRef(s)
}

// maxName is the longest name of a provider or a model.
const maxName = 256

// Check refuses a name that cannot be one: it stands in messages, settings and addresses.
func (r EmbedderRef) Check() error {
	for _, name := range []string{r.Provider, r.Model} {
		if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
			return Errorf(ErrInvalid, "an embedder has a provider and a model, names of at most %d bytes without control characters", maxName)
		}
	}
	return nil
}

// String returns "provider/model".
func (r EmbedderRef) String() string {
	if r == (EmbedderRef{}) {
		return ""
	}
	return r.Provider + "/" + r.Model
}

// The kinds of failures of an embedder.
var (
	// ErrEmbedder is an embedder that failed or answered what it must not.
	ErrEmbedder = errors.New("embedder failed")
	// ErrEmbedderTimeout is the ErrEmbedder for an answer that did not come in time.
	ErrEmbedderTimeout = fmt.Errorf("embedder timed out: %w", ErrEmbedder)
	// ErrEmbedderBusy is the ErrEmbedder for a provider that takes no more for now.
	ErrEmbedderBusy = fmt.Errorf("embedder takes no more for now: %w", ErrEmbedder)
)

// EmbedderError is a failure of an embedder. Its message can be shown to the caller: it has
// no key and no address with a password in it.
type EmbedderError struct {
	Kind       error         // ErrEmbedder, ErrEmbedderTimeout or ErrEmbedderBusy
	Ref        EmbedderRef   // which one
	Message    string        // the cause
	Said       string        // what in Message are words of the provider, in which texts may stand; "": nothing
	RetryAfter time.Duration // how long to wait, for ErrEmbedderBusy; 0 if the provider does not say
}

// Error names the embedder and the cause.
func (e *EmbedderError) Error() string {
	return fmt.Sprintf("the embedder %s: %s", e.Ref, e.Message)
}

// Reason is Error without words of the provider, for logs.
func (e *EmbedderError) Reason() string { return strings.Replace(e.Error(), e.Said, "", 1) }

// Unwrap returns the kind.
func (e *EmbedderError) Unwrap() error { return e.Kind }

// Reembedding is a change of the embedder of a database that is under way: embeddings of
// another model are being made beside those in use.
type Reembedding struct {
	Embedder Embedder // that makes them
	Dims     int      // their components
	Metric   Metric   // by which they are to be compared; "": as the others are by then
}

// Apply returns s as it is when the embeddings of r have taken the place of the others.
func (r Reembedding) Apply(s Settings) Settings {
	s.Embedder, s.Dims = r.Embedder, r.Dims
	if r.Metric != "" {
		s.Metric = r.Metric
	}
	return s
}
