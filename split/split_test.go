package split_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/split"
)

// ink returns text without its white space.
func ink(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// read returns the document that a reader makes of text.
func read(t *testing.T, fn func([]byte) (*split.Document, error), text string) *split.Document {
	t.Helper()
	d, err := fn([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func texts(ps []split.Passage) []string {
	out := []string{}
	for _, p := range ps {
		out = append(out, p.Text)
	}
	return out
}

func TestMarkdown(t *testing.T) {
	d := read(t, split.Markdown, "---\ntitle: \"The title\"\n---\n\n# One\n\nfirst\nline\n\n## Two ##\n\n```go\n# no heading\n\nx\n```\n\nThree\n=====\n\n- a\n- b\n")
	want := []split.Block{
		{Kind: split.Heading, Level: 1, Text: "# One", Name: "One", Line: 5},
		{Text: "first\nline", Line: 7},
		{Kind: split.Heading, Level: 2, Text: "## Two ##", Name: "Two", Line: 10},
		{Kind: split.Source, Text: "```go\n# no heading\n\nx\n```", Line: 12},
		{Kind: split.Heading, Level: 1, Text: "Three\n=====", Name: "Three", Line: 18},
		{Text: "- a\n- b", Line: 21},
	}
	if diff := cmp.Diff(want, d.Blocks); diff != "" || d.Title != "The title" {
		t.Errorf("Markdown has the title %q and (-want +got):\n%s", d.Title, diff)
	}
	t.Run("what only looks like front matter is text", func(t *testing.T) {
		for _, text := range []string{"---\ntitle: open\n\ntext\n", "---\n\nSome text: it goes on\n\n---\nx\n", "---\nhttp://example.org\n---\n", "---\n---\ntext\n"} {
			if d := read(t, split.Markdown, text); ink(strings.Join(texts(d.Passages(nil)), "")) != ink(text) || d.Title != "" {
				t.Errorf("Markdown(%q) = %+v; want all of it", text, d)
			}
		}
	})
	t.Run("the first heading is the title of a document without one", func(t *testing.T) {
		if d := read(t, split.Markdown, "## Sub\n\n# Name `x`\n\n# Other\n"); d.Title != "Name `x`" {
			t.Errorf("Title = %q", d.Title)
		}
	})
}

func TestCode(t *testing.T) {
	d := read(t, split.Code, "package x\n\n// F does.\nfunc F() {\n\ta()\n\n\tb()\n\n}\n\ndef g():\n    pass\n\n    pass\n")
	want := []split.Block{
		{Kind: split.Source, Text: "package x", Line: 1},
		{Kind: split.Source, Text: "// F does.\nfunc F() {\n\ta()\n\n\tb()\n\n}", Line: 3},
		{Kind: split.Source, Text: "def g():\n    pass\n\n    pass", Line: 11},
	}
	if diff := cmp.Diff(want, d.Blocks); diff != "" {
		t.Errorf("Code (-want +got):\n%s", diff)
	}
}

func TestPassages(t *testing.T) {
	t.Run("a heading begins a passage, and is on the path of those below", func(t *testing.T) {
		d := read(t, split.Markdown, "# A\n\none\n\n## B\n\ntwo\n\n### C\n\nthree\n\n## D\n\nfour\n")
		var got []split.Passage
		for _, p := range d.Passages(nil) {
			if p.Hash != split.Hash(p.Text) {
				t.Errorf("the hash of %q is %s", p.Text, p.Hash)
			}
			p.Hash = ""
			got = append(got, p)
		}
		want := []split.Passage{
			{Text: "# A\n\none", Title: "A", Headings: []string{"A"}, Line: 1},
			{Text: "## B\n\ntwo", Title: "A", Headings: []string{"A", "B"}, Line: 5},
			{Text: "### C\n\nthree", Title: "A", Headings: []string{"A", "B", "C"}, Line: 9},
			{Text: "## D\n\nfour", Title: "A", Headings: []string{"A", "D"}, Line: 13},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Passages (-want +got):\n%s", diff)
		}
	})
	t.Run("headings without a text go with what follows", func(t *testing.T) {
		d := read(t, split.Markdown, "# A\n\n## B\n\ntext\n")
		if got := texts(d.Passages(nil)); !cmp.Equal(got, []string{"# A\n\n## B\n\ntext"}) {
			t.Errorf("Passages = %q", got)
		}
	})
	t.Run("a passage repeats the last sentences of the one before", func(t *testing.T) {
		d := read(t, split.Text, "One is here. Two is here.\n\nThree is here now again.\n")
		ps := d.Passages(&split.Options{Tokens: 8, Overlap: 4})
		if got := texts(ps); !cmp.Equal(got, []string{"One is here. Two is here.", "Two is here.\n\nThree is here now again."}) {
			t.Errorf("Passages = %q", got)
		}
	})
	t.Run("the line is that of what is repeated", func(t *testing.T) {
		d := read(t, split.Code, "a one\nb two\nc six\n\nd ten\ne new\n")
		ps := d.Passages(&split.Options{Tokens: 6, Overlap: 2})
		if len(ps) != 2 || ps[1].Text != "c six\n\nd ten\ne new" || ps[1].Line != 3 {
			t.Errorf("Passages = %+v", ps)
		}
	})
	t.Run("code that fits is not cut", func(t *testing.T) {
		code := "```\n" + strings.Repeat("x = 1\n\n", 12) + "```"
		d := read(t, split.Markdown, "# H\n\nsome text that comes first\n\n"+code+"\n\nmore\n")
		found := 0
		for _, p := range d.Passages(&split.Options{Tokens: split.Tokens(code)}) {
			found += strings.Count(p.Text, code)
		}
		if found != 1 {
			t.Errorf("the code is whole %d times; want once", found)
		}
	})
}

// document returns text with everything in it that readers look at.
func document(rng *rand.Rand, n int) string {
	parts := []string{"word ", "# ", "## h\n", "\n", "\n\n", "```\n", "a.b! ", "    indented\n", "é", "漢字。", "- item\n", "---\n", "===\n", "{\n", "}\n", strings.Repeat("x", 300), "<p>", "&amp;", "\t", "\r\n", "\r"}
	var b strings.Builder
	for range n {
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return b.String()
}

func TestRandomDocumentsAreKeptWhole(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 150 {
		whole(t, document(rng, rng.IntN(200)), 4+rng.IntN(60))
	}
}

// whole checks what holds of the passages of every text.
func whole(t *testing.T, text string, tokens int) {
	t.Helper()
	for name, fn := range map[string]func([]byte) (*split.Document, error){"Text": split.Text, "Markdown": split.Markdown, "Code": split.Code} {
		if name == "Markdown" && strings.HasPrefix(strings.TrimPrefix(text, "\ufeff"), "---") && strings.Contains(text, ":") {
			continue // front matter is left out
		}
		d, err := fn([]byte(text))
		if err != nil {
			t.Fatalf("%s(%q): %v", name, text, err)
		}
		ps := d.Passages(&split.Options{Tokens: tokens, Overlap: -1})
		if got := ink(strings.Join(texts(ps), "")); got != ink(strings.TrimPrefix(text, "\ufeff")) {
			t.Fatalf("%s: of %q is left %q", name, text, got)
		}
		lines := strings.Split(strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n"), "\n")
		for _, p := range ps {
			if n := split.Tokens(p.Text); n > tokens+tokens/8 {
				t.Fatalf("%s: %q has %d tokens; want at most %d", name, p.Text, n, tokens)
			}
			first, _, _ := strings.Cut(p.Text, "\n")
			if !strings.Contains(lines[p.Line-1], strings.TrimSpace(first)) {
				t.Fatalf("%s: %q is said to begin at line %d of %q", name, p.Text, p.Line, text)
			}
		}
		if again := d.Passages(&split.Options{Tokens: tokens, Overlap: -1}); !cmp.Equal(ps, again) {
			t.Fatalf("%s: two calls differ", name)
		}
		for _, p := range d.Passages(&split.Options{Tokens: tokens}) {
			if n := split.Tokens(p.Text); n > tokens*3/2+1 {
				t.Fatalf("%s: %q has %d tokens with overlap; want at most half more than %d", name, p.Text, n, tokens)
			}
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("# A\n\ntext\n", 10)
	f.Add("```\nopen", 1)
	f.Add("---\nfront", 3)
	f.Fuzz(func(t *testing.T, text string, tokens int) {
		if tokens < 1 || tokens > 1000 || strings.ToValidUTF8(text, "") != text {
			t.Skip()
		}
		whole(t, text, tokens)
	})
}

func TestLongNamesAreCut(t *testing.T) {
	long := strings.Repeat("ä", 1000)
	cut := strings.Repeat("ä", 199) + "…"
	d := split.Document{Title: long, Blocks: []split.Block{{Kind: split.Heading, Level: 1, Text: long, Line: 1}, {Text: "passage", Line: 2}}}
	var all strings.Builder
	for _, p := range d.Passages(&split.Options{Tokens: 20, Overlap: -1}) {
		if p.Title != cut || len(p.Headings) != 1 || p.Headings[0] != cut {
			t.Fatalf("the title is %q and the headings are %q; want 199 runes and an ellipsis", p.Title, p.Headings)
		}
		all.WriteString(p.Text)
	}
	if got := strings.Count(all.String(), "ä"); got != 1000 {
		t.Errorf("the passages have %d letters of the heading; want all 1000", got)
	}
	t.Run("one that just fits is whole", func(t *testing.T) {
		d.Title = strings.Repeat("ä", 200)
		if got := d.Passages(nil)[0].Title; got != d.Title {
			t.Errorf("Title = %q; want %q", got, d.Title)
		}
	})
}
