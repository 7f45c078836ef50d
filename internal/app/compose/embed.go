package compose

import (
	"errors"
	"time"

	"github.com/memista/memista/internal/adapters/embed/ollama"
	"github.com/memista/memista/internal/adapters/embed/openai"
	"github.com/memista/memista/internal/adapters/embed/remote"
	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/adapters/embed/static/modeldir"
	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// EmbedConfig says where embeddings of texts come from. With the zero value those of
// databases that name a static model do.
type EmbedConfig struct {
	Default    string        // "provider/model", for databases that name no embedder; "" is none
	Models     string        // directory of the folders of static models; "": models beside the data file
	OpenAI     string        // base address of a server with the API of OpenAI; "": there is none
	OpenAIKey  string        // sent to that server only
	Ollama     string        // base address of Ollama; "": there is none
	Timeout    time.Duration // of one try of a call; 0 is that of the provider
	CacheBytes int64         // of embeddings kept in memory, for each model
	FileBytes  int64         // of embeddings kept in the data file, for all models; 0: none are
}

// Embedders returns the embedders that c says, which keep what they embed in store unless
// that is nil.
func Embedders(c EmbedConfig, store ports.EmbeddingStore) (ports.Embedders, error) {
	usual, err := domain.ParseEmbedderRef(c.Default)
	if err != nil {
		return nil, err
	}
	openers := map[string]embedding.Opener{}
	if c.Models != "" {
		openers["static"] = func(model string) (ports.Embedder, error) {
			return openStatic(c.Models, model)
		}
	}
	if c.OpenAI != "" {
		openers[openai.Provider] = func(model string) (ports.Embedder, error) {
			return openai.New(openai.Options{Options: remote.Options{
				Model: model, URL: c.OpenAI, Key: domain.NewSecret(c.OpenAIKey), Timeout: c.Timeout, Limits: openai.DefaultLimits(),
			}})
		}
	}
	if c.Ollama != "" {
		openers[ollama.Provider] = func(model string) (ports.Embedder, error) {
			return ollama.New(ollama.Options{Options: remote.Options{Model: model, URL: c.Ollama, Timeout: c.Timeout, Limits: ollama.DefaultLimits()}})
		}
	}
	return embedding.NewRegistry(openers, usual, embedding.Options{Bytes: c.CacheBytes, Store: store, InProcess: []string{"static"}}), nil
}

// openStatic opens a model of the directory. That one is damaged is a failure of it, and
// says nothing of the data file.
func openStatic(dir, model string) (ports.Embedder, error) {
	e, err := modeldir.New(dir).Open(model, static.Options{})
	if errors.Is(err, domain.ErrCorrupt) {
		return nil, &domain.EmbedderError{
			Kind: domain.ErrEmbedder, Ref: domain.EmbedderRef{Provider: "static", Model: model},
			Message: "the model is damaged: have it pulled again; the list of models says more",
		}
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}
