package tokenizer_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer"
)

// cases are small tokenizers, with all parts that real ones have, and texts.
type cases struct {
	Texts      []string                   `json:"texts"`
	Tokenizers map[string]json.RawMessage `json:"tokenizers,omitempty"`
	Files      map[string]string          `json:"files,omitempty"`
}

func readJSON(t testing.TB, path string, out any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// compare reports the texts that a tokenizer splits otherwise than want.
func compare(t *testing.T, spec []byte, texts []string, want [][]int32) {
	t.Helper()
	tok, err := tokenizer.Load(spec)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) != len(texts) || len(texts) == 0 {
		t.Fatalf("there are tokens of %d texts; want %d", len(want), len(texts))
	}
	var s tokenizer.Scratch
	differ := 0
	for i, text := range texts {
		got, err := tok.Encode(&s, text)
		if err != nil {
			t.Fatalf("Encode(%q) = %v", text, err)
		}
		if !slices.Equal(got, want[i]) {
			if differ++; differ <= 5 {
				t.Errorf("Encode(%q) = %v; want %v", text, got, want[i])
			}
		}
	}
	if differ > 5 {
		t.Errorf("%d of %d texts differ", differ, len(texts))
	}
}

// TestGolden holds small tokenizers against what the library tokenizers 0.22.2 has made of
// them, which testdata/reference.js tells (TestReference).
func TestGolden(t *testing.T) {
	var c cases
	readJSON(t, "testdata/cases.json", &c)
	var want map[string][][]int32
	readJSON(t, "testdata/golden.json", &want)
	if len(c.Tokenizers) < 20 || len(want) != len(c.Tokenizers) {
		t.Fatalf("%d tokenizers, and tokens of %d", len(c.Tokenizers), len(want))
	}
	for name, spec := range c.Tokenizers {
		t.Run(name, func(t *testing.T) { compare(t, spec, c.Texts, want[name]) })
	}
}
