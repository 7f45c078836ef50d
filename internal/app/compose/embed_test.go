package compose_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
)

// TestTextsGoToAProviderInBatches stores more texts at once than a server takes in a call.
func TestTextsGoToAProviderInBatches(t *testing.T) {
	const texts, most = 100, 32
	provider := remotetest.NewOpenAI(t)
	s := open(t, compose.Config{Embed: compose.EmbedConfig{Default: "openai/words", OpenAI: provider.URL + "/v1"}})
	defer s.Close()
	chunks := make([]domain.Chunk, texts)
	for i := range chunks {
		chunks[i].Text = fmt.Sprint("text ", i)
	}
	if _, err := s.Insert(t.Context(), app.Insert{Database: "a", Chunks: chunks}); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, r := range provider.Requests() {
		var in struct{ Input []string }
		if err := json.Unmarshal(r.Body, &in); err != nil {
			t.Fatal(err)
		}
		if len(in.Input) > most {
			t.Errorf("a call with %d texts; want at most %d", len(in.Input), most)
		}
		asked += len(in.Input)
	}
	if asked < texts {
		t.Errorf("the provider was asked for %d texts; want %d", asked, texts)
	}
}

// TestNoTextIsEmbeddedAgainAfterARestart adds the same texts to another database of the same
// file, before and after the file is opened again.
func TestNoTextIsEmbeddedAgainAfterARestart(t *testing.T) {
	for _, kept := range []bool{true, false} {
		provider := remotetest.NewOpenAI(t)
		config := compose.Config{
			Path:  filepath.Join(t.TempDir(), "memista.db"),
			Embed: compose.EmbedConfig{Default: "openai/words", OpenAI: provider.URL + "/v1"},
		}
		if kept {
			config.Embed.FileBytes = 1 << 20
		}
		add := func(database string) []domain.Chunk {
			s := open(t, config)
			defer s.Close()
			chunks := make([]domain.Chunk, 40)
			for i := range chunks {
				chunks[i].Text = fmt.Sprint("text ", i)
			}
			if _, err := s.Insert(t.Context(), app.Insert{Database: database, Chunks: chunks}); err != nil {
				t.Fatal(err)
			}
			got, err := s.List(t.Context(), app.List{Database: database, Limit: 40, Fields: domain.FieldEmbedding})
			if err != nil {
				t.Fatal(err)
			}
			return got.Chunks
		}
		first := add("first")
		asked := texts(t, provider)
		second := add("second")
		want := asked
		if kept {
			want -= len(first) // what is left are the sentences of the fingerprint
		}
		if again := texts(t, provider); again != want || asked < len(first) {
			t.Errorf("with the cache in the file %v, the provider was asked for %d texts, and for %d again; want %d", kept, asked, again, want)
		}
		for i := range first {
			if !slices.Equal(first[i].Embedding, second[i].Embedding) {
				t.Fatalf("chunk %d has another embedding", i)
			}
		}
	}
}

// texts returns how many texts provider was asked for since the last time.
func texts(t *testing.T, provider *remotetest.Server) (n int) {
	t.Helper()
	for _, r := range provider.Requests() {
		var in struct{ Input []string }
		if err := json.Unmarshal(r.Body, &in); err != nil {
			t.Fatal(err)
		}
		n += len(in.Input)
	}
	return n
}

// TestADamagedModelIsAFailureOfItsEmbedder names the model, and not the data file, which a
// caller would else be told to repair.
func TestADamagedModelIsAFailureOfItsEmbedder(t *testing.T) {
	models := t.TempDir()
	if err := os.Mkdir(filepath.Join(models, "broken"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"model.safetensors", "tokenizer.json", "config.json"} {
		if err := os.WriteFile(filepath.Join(models, "broken", name), []byte("rubbish"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, compose.Config{Embed: compose.EmbedConfig{Models: models}})
	defer s.Close()
	_, _, err := s.Create(t.Context(), "a", domain.Settings{Embedder: domain.Embedder{EmbedderRef: domain.EmbedderRef{Provider: "static", Model: "broken"}}})
	if !errors.Is(err, domain.ErrEmbedder) || errors.Is(err, domain.ErrCorrupt) || !strings.Contains(err.Error(), "static/broken") {
		t.Errorf("Create with a damaged model = %v; want ErrEmbedder that names it", err)
	}
}
