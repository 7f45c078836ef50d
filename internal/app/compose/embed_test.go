package compose_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
