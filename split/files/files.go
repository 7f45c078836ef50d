// Package files cuts files into passages by what is in them: it knows all readers of
// package split and of the packages below that.
package files

import (
	"bytes"
	"context"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/memista/memista/split"
	"github.com/memista/memista/split/docx"
	"github.com/memista/memista/split/html"
	"github.com/memista/memista/split/pdf"
)

// readers are the readers by the ends of names. Names that are not there are text, if that
// is what is in the file.
var readers = map[string]func([]byte) (*split.Document, error){
	".md": split.Markdown, ".markdown": split.Markdown, ".mdx": split.Markdown, ".txt": split.Text, ".text": split.Text, ".rst": split.Text,
	".html": html.Read, ".htm": html.Read, ".xhtml": html.Read, ".docx": docx.Read,
}

// code are the ends of names of source code.
const code = " .go .py .pyi .js .jsx .mjs .cjs .ts .tsx .java .kt .kts .scala .c .h .cc .cpp .cxx .hpp .hh .cs .rs .rb .php .swift" +
	" .m .mm .lua .pl .pm .r .jl .ex .exs .erl .hs .ml .mli .fs .clj .sh .bash .zsh .fish .ps1 .sql .proto .zig .dart .vue .svelte" +
	" .css .scss .yaml .yml .toml .tf .cmake .gradle .json "

// Binary reports whether raw, a file called name or the beginning of one, is none that
// Passages reads: it has zero bytes in its first 8 KiB, or is no UTF-8 and has no name of a
// text.
func Binary(name string, raw []byte) bool {
	end := strings.ToLower(path.Ext(name))
	if end == ".pdf" || end == ".docx" {
		return false
	}
	head := raw[:min(len(raw), 8<<10)]
	if bytes.IndexByte(head, 0) >= 0 {
		return true
	}
	for i := 0; i < utf8.UTFMax && len(head) < len(raw) && len(head) > 0 && !utf8.RuneStart(raw[len(head)]); i++ {
		head = head[:len(head)-1] // the letter that the cut went through
	}
	return readers[end] == nil && !lines(end) && !strings.Contains(code, " "+end+" ") && !utf8.Valid(head)
}

// Passages cuts raw, a file called name, into passages: Markdown, HTML, DOCX, PDF, source
// code and JSON lines by the end of the name, all others as text. Documents that say no
// title have the name of the file. What cannot be read is split.ErrFormat, and so is a PDF
// in a program that has not called [pdf.Subprocess]. o may be nil. Only a PDF takes long; if
// ctx ends meanwhile, the error is its.
func Passages(ctx context.Context, name string, raw []byte, o *split.Options) ([]split.Passage, error) {
	end := strings.ToLower(path.Ext(name))
	title := path.Base(name)
	if lines(end) {
		out, err := split.JSONLines(raw)
		for i := range out {
			if out[i].Title == "" {
				out[i].Title = title
			}
		}
		return out, err
	}
	d, err := document(ctx, end, raw)
	if err != nil {
		return nil, err
	}
	if d.Title = strings.TrimSpace(d.Title); d.Title == "" {
		d.Title = title
	}
	return d.Passages(o), nil
}

// lines reports whether the end of a name is that of JSON lines.
func lines(end string) bool { return end == ".jsonl" || end == ".ndjson" }

// document reads a file whose name has that end.
func document(ctx context.Context, end string, raw []byte) (*split.Document, error) {
	read := readers[end]
	switch {
	case end == ".pdf":
		return pdf.Read(ctx, raw)
	case read != nil:
		return read(raw)
	case end != "" && strings.Contains(code, " "+end+" "):
		return split.Code(raw)
	}
	return split.Text(raw)
}
