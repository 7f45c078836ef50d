package static_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/adapters/embed/static/safetensors"
	"github.com/memista/memista/internal/adapters/embed/static/statictest"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
)

func TestSuite(t *testing.T) {
	dir := statictest.New().Write(t)
	embedtest.Run(t, embedtest.Config{
		Open: func(tb testing.TB, l ports.EmbedLimits) embedtest.Subject {
			e, err := static.Open(dir, static.Options{MaxTokens: l.TextTokens})
			if err != nil {
				tb.Fatal(err)
			}
			return embedtest.Subject{Embedder: e}
		},
		Tokens: func(text string) int { return len(strings.Fields(text)) },
	})
}

// open writes and opens a model.
func open(t testing.TB, p statictest.Model, o static.Options) *static.Embedder {
	t.Helper()
	e, err := static.Open(p.Write(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func embed(t *testing.T, e *static.Embedder, text string) []float32 {
	t.Helper()
	got, err := e.Embed(context.Background(), []string{text}, ports.PurposeDocument)
	if err != nil {
		t.Fatalf("Embed(%q) = %v", text, err)
	}
	return got[0]
}

// near compares embeddings up to rounding.
func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d components; want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(float64(got[i]-want[i])) <= tolerance) {
			t.Errorf("%s: component %d is %v; want %v", what, i, got[i], want[i])
			return
		}
	}
}

// mean is the embedding of tokens as it should be.
func mean(p statictest.Model, unit bool, tokens ...string) []float32 {
	sum := make([]float64, statictest.Dims)
	for _, token := range tokens {
		id := slices.Index(p.Tokens, token)
		row, weight := id, 1.0
		if p.Mapping != nil {
			row = int(p.Mapping[id])
		}
		if p.Weights != nil {
			weight = float64(p.Weights[id])
		}
		for i, x := range p.Rows[row] {
			sum[i] += weight * float64(x) / float64(len(tokens))
		}
	}
	squares := 0.0
	for _, x := range sum {
		squares += x * x
	}
	out := make([]float32, statictest.Dims)
	for i, x := range sum {
		if unit {
			x /= math.Sqrt(squares)
		}
		out[i] = float32(x)
	}
	return out
}

func TestEmbed(t *testing.T) {
	p := statictest.New()
	e := open(t, p, static.Options{})
	t.Run("an embedding is the mean of those of the tokens, of length one", func(t *testing.T) {
		near(t, "three words", embed(t, e, "The river, THE mountain"), mean(p, true, "the", "river", ",", "the", "mountain"), 1e-6)
		near(t, "a word in pieces", embed(t, e, "abba"), mean(p, true, "a", "##b", "##b", "##a"), 1e-6)
	})
	t.Run("tokens that are unknown do not count", func(t *testing.T) {
		near(t, "with an unknown word", embed(t, e, "river ξένος mountain"), mean(p, true, "river", "mountain"), 1e-6)
	})
	t.Run("a text without a token that is known is refused and named", func(t *testing.T) {
		got, err := e.Embed(context.Background(), []string{"river", "ξένος"}, ports.PurposeQuery)
		if !errors.Is(err, domain.ErrInvalid) || got != nil || !strings.Contains(err.Error(), "texts[1]") || !strings.Contains(err.Error(), "no token") {
			t.Errorf("Embed = %v, %v; want ErrInvalid that says so", got, err)
		}
	})
	t.Run("without normalize the mean stays as it is", func(t *testing.T) {
		p := p
		p.Config = `{"hidden_dim": 24}`
		near(t, "two words", embed(t, open(t, p, static.Options{}), "river mountain"), mean(p, false, "river", "mountain"), 1e-6)
	})
	t.Run("weights and a mapping of rows count", func(t *testing.T) {
		p := p
		p.Rows = p.Rows[:7]
		for i := range p.Tokens {
			p.Weights = append(p.Weights, 1/float32(i+1))
			p.Mapping = append(p.Mapping, int32(i*5%7))
		}
		near(t, "three words", embed(t, open(t, p, static.Options{}), "river mountain of"), mean(p, true, "river", "mountain", "of"), 1e-6)
	})
	t.Run("of a long text the first tokens count", func(t *testing.T) {
		short := open(t, p, static.Options{MaxTokens: 2})
		near(t, "five words", embed(t, short, "a of ξ the in and"), mean(p, true, "a", "of"), 1e-6)
		if got := short.Limits().TextTokens; got != 2 {
			t.Errorf("Limits().TextTokens = %d; want 2", got)
		}
	})
	t.Run("types of numbers differ by their rounding", func(t *testing.T) {
		for dtype, tolerance := range map[safetensors.DType]float64{safetensors.F16: 1e-3, safetensors.BF16: 1e-2, safetensors.I8: 3e-2} {
			p := p
			p.DType = dtype
			near(t, string(dtype), embed(t, open(t, p, static.Options{}), "the quick brown fox"), mean(p, true, "the", "quick", "brown", "fox"), tolerance)
		}
	})
	t.Run("numbers of 16 bits that are subnormal count", func(t *testing.T) {
		p := p
		p.DType, p.Config = safetensors.F16, `{}`
		e := p.Write(t)
		raw, err := os.ReadFile(filepath.Join(e, static.TableFile))
		if err != nil {
			t.Fatal(err)
		}
		row := len(raw) - len(p.Rows)*statictest.Dims*2 + 2*statictest.Dims*slices.Index(p.Tokens, "river")
		copy(raw[row:], []byte{1, 0, 0, 0x80 | 2}) // 2^-24 and -2^-15
		if err := os.WriteFile(filepath.Join(e, static.TableFile), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		opened, err := static.Open(e, static.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := embed(t, opened, "river")[:2]; got[0] != 0x1p-24 || got[1] != -0x1p-15 {
			t.Errorf("the components are %v; want 2^-24 and -2^-15", got)
		}
	})
	t.Run("numbers that are not finite fail the call", func(t *testing.T) {
		for _, dtype := range []safetensors.DType{safetensors.F32, safetensors.F16, safetensors.BF16} {
			p := p
			p.DType = dtype
			dir := p.Write(t)
			raw, err := os.ReadFile(filepath.Join(dir, static.TableFile))
			if err != nil {
				t.Fatal(err)
			}
			row := len(statictest.Numbers(dtype, p.Rows[0]))
			at := len(raw) - len(p.Rows)*row + row*slices.Index(p.Tokens, "river")
			for i := range row / statictest.Dims {
				raw[at+row/2+i] = 0xFF // all ones are NaN
			}
			if err := os.WriteFile(filepath.Join(dir, static.TableFile), raw, 0o600); err != nil {
				t.Fatal(err)
			}
			e, err := static.Open(dir, static.Options{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Embed(context.Background(), []string{"river"}, ports.PurposeDocument)
			if !errors.Is(err, domain.ErrEmbedder) || got != nil {
				t.Errorf("%s: Embed = %v, %v; want ErrEmbedder", dtype, got, err)
			}
		}
	})
}

func TestModel(t *testing.T) {
	p := statictest.New()
	e := open(t, p, static.Options{Revision: "r1"})
	m, err := e.Model(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	m.Fingerprint = ""
	if want := (domain.Model{Provider: "static", Name: "tiny", Revision: "r1", Dims: statictest.Dims, Normalised: true, VectorShare: 0.25}); m != want {
		t.Errorf("Model = %+v; want %+v", m, want)
	}
	if e.Tokens() != len(p.Tokens) || e.Bytes() < int64(4*statictest.Dims*len(p.Tokens)) {
		t.Errorf("%d tokens, %d bytes; want %d tokens", e.Tokens(), e.Bytes(), len(p.Tokens))
	}
	t.Run("a model that knows no word of the fingerprint has one", func(t *testing.T) {
		p := p
		p.Tokens, p.Rows = []string{"[UNK]", "ξ"}, p.Rows[:2]
		e := open(t, p, static.Options{Name: "greek"})
		if m, err := e.Model(context.Background()); err != nil || m.Fingerprint == "" || m.Name != "greek" {
			t.Errorf("Model = %+v, %v; want a fingerprint", m, err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	p := statictest.New()
	var foreign strings.Builder
	if err := safetensors.Write(&foreign, &safetensors.File{Tensors: map[string]safetensors.Tensor{"bert.x": {DType: safetensors.I8, Shape: []int{1}, Data: []byte{1}}}}); err != nil {
		t.Fatal(err)
	}
	spoil := func(name, content string) func(t *testing.T) string {
		return func(t *testing.T) string {
			dir := p.Write(t)
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			return dir
		}
	}
	remove := func(name string) func(t *testing.T) string {
		return func(t *testing.T) string {
			dir := p.Write(t)
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			return dir
		}
	}
	changed := func(change func(*statictest.Model)) func(t *testing.T) string {
		return func(t *testing.T) string {
			p := p
			change(&p)
			return p.Write(t)
		}
	}
	for name, c := range map[string]struct {
		dir  func(t *testing.T) string
		kind error
		says string
	}{
		"no folder":                       {func(t *testing.T) string { return filepath.Join(t.TempDir(), "no") }, domain.ErrNotFound, "config.json"},
		"no tokenizer":                    {remove(static.TokenizerFile), domain.ErrNotFound, "tokenizer.json"},
		"no table":                        {remove(static.TableFile), domain.ErrNotFound, "model.safetensors"},
		"a damaged configuration":         {spoil(static.ConfigFile, "{"), domain.ErrCorrupt, "config.json"},
		"a huge configuration":            {spoil(static.ConfigFile, strings.Repeat(" ", 1<<20+1)), domain.ErrCorrupt, "more than"},
		"a damaged tokenizer":             {spoil(static.TokenizerFile, "{}"), domain.ErrUnsupported, "tokenizer.json"},
		"a damaged table":                 {spoil(static.TableFile, "x"), domain.ErrCorrupt, "model.safetensors"},
		"a table that is a transformer's": {spoil(static.TableFile, foreign.String()), domain.ErrUnsupported, "bert.x"},
		"fewer rows than tokens":          {changed(func(p *statictest.Model) { p.Rows = p.Rows[:9] }), domain.ErrCorrupt, "9"},
		"an unknown type":                 {changed(func(p *statictest.Model) { p.DType = safetensors.U8 }), domain.ErrUnsupported, "U8"},
		"fewer weights than tokens":       {changed(func(p *statictest.Model) { p.Weights = []float32{1} }), domain.ErrCorrupt, "weights"},
		"a short mapping":                 {changed(func(p *statictest.Model) { p.Mapping = []int32{1} }), domain.ErrCorrupt, "mapping"},
		"a mapping past the end":          {changed(func(p *statictest.Model) { p.Mapping = slices.Repeat([]int32{99999}, len(p.Tokens)) }), domain.ErrCorrupt, "99999"},
		"a negative mapping":              {changed(func(p *statictest.Model) { p.Mapping = slices.Repeat([]int32{-1}, len(p.Tokens)) }), domain.ErrCorrupt, "-1"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := static.Open(c.dir(t), static.Options{})
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Open = %v, %v; want %v that says %q", e, err, c.kind, c.says)
			}
		})
	}
}

func TestEmbedAllocatesForTheAnswerOnly(t *testing.T) {
	e := open(t, statictest.New(), static.Options{})
	texts := slices.Repeat([]string{"the quick brown fox jumps over a lazy dog in the small market"}, 200)
	got := testing.AllocsPerRun(20, func() {
		if _, err := e.Embed(context.Background(), texts, ports.PurposeDocument); err != nil {
			t.Fatal(err)
		}
	})
	// The numbers, their list, and sometimes new memory to work in: the race detector has
	// the pool forget some.
	if got > 20 {
		t.Errorf("Embed of 200 texts, which have 2,600 tokens, allocates %v times; want 2", got)
	}
}

func BenchmarkEmbed(b *testing.B) {
	p := statictest.New()
	const wide = 256
	for i, row := range p.Rows {
		p.Rows[i] = slices.Repeat(row, wide/statictest.Dims+1)[:wide]
	}
	texts := slices.Repeat([]string{"the quick brown fox jumps over a lazy dog in the market"}, 100)
	for _, dtype := range []safetensors.DType{safetensors.F32, safetensors.F16, safetensors.I8} {
		p.DType = dtype
		e := open(b, p, static.Options{})
		b.Run(string(dtype)+", 12 words, 256 statictest.Dims", func(b *testing.B) {
			for b.Loop() {
				if _, err := e.Embed(context.Background(), texts, ports.PurposeDocument); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(texts))*float64(b.N)/b.Elapsed().Seconds(), "texts/s")
		})
	}
}
