package glove_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/adapters/embed/static/glove"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

const dims = 100

// texts are words in the order of a package, some of which are none for the tokenizer.
var texts = []string{"the", ",", "of", "\"", "well-known", "and", "été", "café", "river", "]", "mountain", "1990s", "doctor", "engine", "market"}

// pack puts a package of texts with random vectors where Make looks for the one that it has
// fetched, and returns the cache and the vectors.
func pack(t *testing.T, change func(json string) string) (cache string, vectors map[string][]float64) {
	t.Helper()
	cache = t.TempDir()
	dir := glove.Package.Dir(cache)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	const seed = 20261130
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	vectors = map[string][]float64{}
	var body []string
	for _, text := range texts {
		v := make([]float64, dims)
		for i := range v {
			v[i] = math.Round((r.NormFloat64()+0.5)*1e6) / 1e6
		}
		vectors[text] = v
		numbers := strings.Trim(strings.ReplaceAll(fmt.Sprintf("%.6f", v), " ", ","), "[]")
		body = append(body, fmt.Sprintf("%q:[%s,5.8,0]", text, numbers))
	}
	json := `{"precision":8,"words":["the"],"vectors":{` + strings.Join(body, ",") + `},"unkVector":[0]}`
	for name, content := range map[string]string{
		glove.Package.Name + ".json": change(json), "LICENSE": "The MIT License\n", "ACKNOWLEDGEMENT.md": "of GloVe\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cache, vectors
}

func same(json string) string { return json }

func TestMake(t *testing.T) {
	cache, vectors := pack(t, same)
	dir := t.TempDir()
	if err := glove.Make(context.Background(), cache, dir); err != nil {
		t.Fatal(err)
	}
	e, err := static.Open(dir, static.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if m, err := e.Model(context.Background()); err != nil || m.Dims != dims || !m.Normalised || e.Tokens() != 10 {
		t.Errorf("Model = %+v, %v, with %d tokens; want 100 dims, length one, and 9 words with the unknown one", m, err, e.Tokens())
	}
	one := func(text string) []float64 {
		t.Helper()
		got, err := e.Embed(context.Background(), []string{text}, ports.PurposeDocument)
		if err != nil {
			t.Fatalf("Embed(%q) = %v", text, err)
		}
		out := make([]float64, dims)
		for i, x := range got[0] {
			out[i] = float64(x)
		}
		return out
	}
	common := commonOf(vectors)
	t.Run("a word is its vector without the common direction", func(t *testing.T) {
		for _, text := range []string{"the", "river", "1990s", "market"} {
			want := without(unit(vectors[text]), common)
			if c := dot(unit(want), one(text)); c < 0.9999 {
				t.Errorf("Embed(%q) has the cosine %v with what it should be; want 1 but for 8 bits", text, c)
			}
			if along := dot(one(text), common); math.Abs(along) > 0.01 {
				t.Errorf("Embed(%q) has %v along the common direction; want 0 but for 8 bits", text, along)
			}
		}
	})
	t.Run("a rare word weighs more, as its rank says", func(t *testing.T) {
		weight := func(rank float64) float64 { return 1e-4 / (1e-4 + 1/(rank*harmonic())) }
		the, market := without(unit(vectors["the"]), common), without(unit(vectors["market"]), common)
		want := make([]float64, dims)
		for i := range want {
			want[i] = weight(1)*the[i] + weight(15)*market[i]
		}
		if c := dot(unit(want), one("The market")); c < 0.9999 {
			t.Errorf("Embed of both has the cosine %v with what it should be; want 1 but for 8 bits", c)
		}
	})
	t.Run("words that the tokenizer would split are not there", func(t *testing.T) {
		if _, err := e.Embed(context.Background(), []string{"well-known été"}, ports.PurposeDocument); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("Embed = %v; want ErrInvalid, for no token is known", err)
		}
	})
	t.Run("it says where it is from and what it is for", func(t *testing.T) {
		for name, says := range map[string]string{"LICENSE": "of GloVe", "README.md": "about half of what full text finds"} {
			if raw, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(raw), says) {
				t.Errorf("%s does not say %q (%v)", name, says, err)
			}
		}
	})
	t.Run("the same package gives the same files", func(t *testing.T) {
		again := t.TempDir()
		if err := glove.Make(context.Background(), cache, again); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{static.TableFile, static.TokenizerFile, static.ConfigFile} {
			a, _ := os.ReadFile(filepath.Join(dir, name))
			if b, err := os.ReadFile(filepath.Join(again, name)); err != nil || string(a) != string(b) {
				t.Errorf("%s differs the second time (%v)", name, err)
			}
		}
	})
}

func TestMakeRefuses(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"no vectors":         func(json string) string { return strings.Replace(json, `"vectors"`, `"other"`, 1) },
		"no words":           func(string) string { return `{"vectors":{}}` },
		"too few numbers":    func(string) string { return `{"vectors":{"the":[1,2]}}` },
		"what is no number":  func(json string) string { return strings.Replace(json, `"the":[`, `"the":["x",`, 1) },
		"a file that is cut": func(json string) string { return json[:300] },
		"what is not JSON":   func(string) string { return "x" },
	} {
		t.Run(name, func(t *testing.T) {
			cache, _ := pack(t, change)
			if err := glove.Make(context.Background(), cache, t.TempDir()); err == nil {
				t.Error("Make = nil; want an error")
			}
		})
	}
}

func harmonic() (sum float64) {
	for rank := 1; rank <= 341_479; rank++ {
		sum += 1 / float64(rank)
	}
	return sum
}

// commonOf returns the direction that texts of words drawn by Zipf's law have in common.
func commonOf(vectors map[string][]float64) []float64 {
	out := make([]float64, dims)
	for i, text := range texts {
		if strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			continue
		}
		p := 1 / (float64(i+1) * harmonic())
		for j, x := range unit(vectors[text]) {
			out[j] += p * 1e-4 / (1e-4 + p) * x
		}
	}
	return unit(out)
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func unit(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = x / math.Sqrt(dot(v, v))
	}
	return out
}

// without returns v without its part along a direction of length one.
func without(v, direction []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = x - dot(v, direction)*direction[i]
	}
	return out
}
