// Package static turns texts into embeddings without a network: a model is a folder in the
// format of model2vec, with a table of embeddings of tokens and a tokenizer, and the
// embedding of a text is the mean of those of its tokens.
package static

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer"
	"github.com/memista/memista/internal/adapters/filemap"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/fingerprint"
	"github.com/memista/memista/internal/ports"
)

// The files of a model.
const (
	TableFile     = "model.safetensors"
	TokenizerFile = "tokenizer.json"
	ConfigFile    = "config.json"
)

// Provider is what the models of this package have as their provider.
const Provider = "static"

const (
	defaultMaxTokens = 512 // of model2vec
	// vectorShare is what a hybrid search by a static model finds most with: with glove 0.15
	// to 0.33 differ by less than chance (test/bench/README.md).
	vectorShare = 0.25
	maxConfig   = 1 << 20 // bytes; configurations in use have some hundred
)

// Options say how a model is opened.
type Options struct {
	Name      string // of the model; the name of the folder if it is empty
	Revision  string // of the model
	MaxTokens int    // how many tokens of a text are looked at; 512 if it is 0
}

// Embedder is a model. It implements ports.Embedder.
type Embedder struct {
	model     domain.Model
	tokenizer *tokenizer.Tokenizer
	table     *table
	maxTokens int
	maxChars  int // of a text, as many as maxTokens tokens have if their length is the median
	bytes     int64
	scratch   sync.Pool

	mu      sync.RWMutex // guards all below; calls under way hold it for reading
	closed  bool
	release func() error // gives back the bytes of the table
}

var _ ports.Embedder = (*Embedder)(nil)

// Open opens the model in the folder dir. The table is mapped, not read, where the system
// can: the file may be replaced or removed meanwhile, but must not be written to: Embed is
// ErrEmbedder if it was cut short. A folder that is no model is ErrNotFound, one that is
// damaged ErrCorrupt, and one that asks for what is not known here ErrUnsupported.
func Open(dir string, o Options) (*Embedder, error) {
	e, err := open(dir, o)
	if err != nil {
		return nil, fmt.Errorf("static model %s: %w", dir, err)
	}
	return e, nil
}

func open(dir string, o Options) (*Embedder, error) {
	if o.Name == "" {
		o.Name = filepath.Base(dir)
	}
	if o.MaxTokens == 0 {
		o.MaxTokens = defaultMaxTokens
	}
	var config struct {
		Normalize bool `json:"normalize"`
	}
	raw, err := readFile(dir, ConfigFile, maxConfig)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &config); err != nil {
		return nil, domain.Errorf(domain.ErrCorrupt, "%s: %v", ConfigFile, err)
	}
	if raw, err = readFile(dir, TokenizerFile, tokenizer.MaxFile); err != nil {
		return nil, err
	}
	tok, err := tokenizer.Load(raw)
	if err != nil {
		return nil, domain.At(err, TokenizerFile)
	}
	data, release, err := filemap.Load(filepath.Join(dir, TableFile), filemap.Read)
	if err != nil {
		return nil, missing(err, TableFile)
	}
	e := &Embedder{tokenizer: tok, maxTokens: o.MaxTokens, maxChars: o.MaxTokens * max(tok.MedianLength(), 1), bytes: int64(len(data)), release: release}
	e.scratch.New = func() any { return new(tokenizer.Scratch) }
	if e.table, err = newTable(data, int(tok.MaxID())+1); err != nil {
		return nil, errors.Join(domain.At(err, TableFile), release())
	}
	e.model = domain.Model{Provider: Provider, Name: o.Name, Revision: o.Revision, Dims: e.table.dims, Normalised: config.Normalize, VectorShare: vectorShare}
	if e.model.Fingerprint, err = e.fingerprint(); err != nil {
		return nil, errors.Join(err, release())
	}
	return e, nil
}

// readFile reads a file of the folder that is at most limit bytes long.
func readFile(dir, name string, limit int64) ([]byte, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, missing(err, name)
	}
	defer func() { _ = f.Close() }() // it was only read
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(raw)) > limit {
		err = domain.Errorf(domain.ErrCorrupt, "%s has more than %d bytes", name, limit)
	}
	return raw, err
}

func missing(err error, name string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return domain.Errorf(domain.ErrNotFound, "there is no %s in it: a model has %s, %s and %s", name, TableFile, TokenizerFile, ConfigFile)
	}
	return err
}

// fingerprint returns the fingerprint of the model. Texts that it has no tokens for count as
// zero vectors.
func (e *Embedder) fingerprint() (string, error) {
	var embeddings [][]float32
	s := new(tokenizer.Scratch)
	for _, text := range fingerprint.Texts() {
		out := make([]float32, e.table.dims)
		if err := e.embed(s, text, out); err != nil && !errors.Is(err, domain.ErrInvalid) {
			return "", err
		}
		embeddings = append(embeddings, out)
	}
	return fingerprint.Of(embeddings)
}

// Model returns the identity of the model.
func (e *Embedder) Model(context.Context) (domain.Model, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return domain.Model{}, domain.ErrClosed
	}
	return e.model, nil
}

// Limits says how many tokens of a text are looked at.
func (e *Embedder) Limits() ports.EmbedLimits { return ports.EmbedLimits{TextTokens: e.maxTokens} }

// Tokens returns how many tokens the model has.
func (e *Embedder) Tokens() int { return e.tokenizer.Tokens() }

// Bytes returns the size of the file with the table.
func (e *Embedder) Bytes() int64 { return e.bytes }

// Close gives back the table when the calls under way have ended. It may be called twice.
func (e *Embedder) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	e.table = nil
	return e.release()
}
