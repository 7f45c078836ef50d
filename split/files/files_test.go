package files_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/memista/memista/split"
	"github.com/memista/memista/split/files"
)

func TestPassages(t *testing.T) {
	for _, c := range []struct{ name, raw, title, text string }{
		{"a/b.md", "# T\n\nx\n", "T", "# T\n\nx"},
		{"a/b.HTML", "<title>T</title><p>x", "T", "x"},
		{"a/b.go", "func F() {\n\n}\n", "b.go", "func F() {\n\n}"},
		{"a/NOTES", "x\n\n\n\ny\n", "NOTES", "x\n\ny"},
		{"a/b.jsonl", `{"text":"x"}`, "b.jsonl", "x"},
		{"a/b.jsonl", `{"text":"x","title":"T"}`, "T", "x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ps, err := files.Passages(t.Context(), c.name, []byte(c.raw), nil)
			if err != nil || len(ps) != 1 || ps[0].Text != c.text || ps[0].Title != c.title {
				t.Errorf("Passages = %+v, %v; want %q of %q", ps, err, c.text, c.title)
			}
		})
	}
	for _, name := range []string{"a.pdf", "a.docx", "a.jsonl", "a.txt", "a.html"} {
		t.Run("rubbish in "+name+" is refused", func(t *testing.T) {
			if ps, err := files.Passages(t.Context(), name, []byte("rub\xffbish"), nil); !errors.Is(err, split.ErrFormat) {
				t.Errorf("Passages = %+v, %v; want ErrFormat", ps, err)
			}
		})
	}
}

func TestPDFNeedsItsProgram(t *testing.T) {
	ps, err := files.Passages(t.Context(), "a.pdf", []byte("%PDF-1.4"), nil)
	if !errors.Is(err, split.ErrFormat) || !strings.Contains(err.Error(), "pdf.Subprocess") {
		t.Errorf("Passages of a program that does not call pdf.Subprocess = %+v, %v; want ErrFormat that says so", ps, err)
	}
}

func TestBinary(t *testing.T) {
	long := strings.Repeat("x", 8<<10-1)
	for name, c := range map[string]struct {
		file, raw string
		want      bool
	}{
		"zero bytes are binary":                    {"a.md", "a\x00b", true},
		"a PDF has a reader":                       {"a.pdf", "a\x00b", false},
		"unknown bytes are binary":                 {"a.dat", "a\xffb", true},
		"a text that is broken is none":            {"a.txt", "a\xffb", false},
		"text without a name is text":              {"README", "äöü", false},
		"a letter that the look cuts is no rubble": {"README", long + "äöü", false},
		"rubble behind it is seen":                 {"README", long[:100] + "\xff" + long, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := files.Binary(c.file, []byte(c.raw)); got != c.want {
				t.Errorf("Binary = %v; want %v", got, c.want)
			}
		})
	}
}
