package docx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/split"
	"github.com/memista/memista/split/docx"
)

// document returns a file with these parts.
func document(tb testing.TB, body, core string) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]string{"word/document.xml": body, "docProps/core.xml": core} {
		if content == "" {
			continue
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

const body = `<w:document xmlns:w="w"><w:body>
<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t>Handbook</w:t></w:r></w:p>
<w:p/>
<w:p><w:pPr><w:pStyle w:val="Heading2"/></w:pPr><w:r><w:t>Pumps</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">Turn it </w:t></w:r><w:r><w:t>off &amp; on.</w:t><w:br/><w:t>Wait.</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
</w:body></w:document>`

func TestRead(t *testing.T) {
	d, err := docx.Read(document(t, body, ""))
	want := &split.Document{Title: "Handbook", Blocks: []split.Block{
		{Kind: split.Heading, Level: 1, Text: "Handbook", Line: 1},
		{Kind: split.Heading, Level: 2, Text: "Pumps", Line: 3},
		{Text: "Turn it off & on.\nWait.", Line: 4},
		{Text: "a b", Line: 6},
	}}
	if diff := cmp.Diff(want, d); err != nil || diff != "" {
		t.Errorf("Read: %v (-want +got):\n%s", err, diff)
	}
	t.Run("the title of the properties goes first", func(t *testing.T) {
		d, err := docx.Read(document(t, body, `<p xmlns:dc="dc"><dc:title>Other</dc:title></p>`))
		if err != nil || d.Title != "Other" {
			t.Errorf("Read = %+v, %v", d, err)
		}
	})
	for name, raw := range map[string][]byte{
		"what is no zip file is refused":     []byte("rubbish"),
		"a zip file without text is refused": document(t, "", "<x/>"),
		"broken XML is refused":              document(t, "<w:p><w:t>x", ""),
		"a file that was cut off is refused": document(t, body, "")[:300],
		"deep nesting is refused":            document(t, strings.Repeat("<a>", 1001)+strings.Repeat("</a>", 1001), ""),
		"17 MiB of text are refused":         document(t, "<w:p><w:t>"+strings.Repeat("word ", 17<<20/5)+"</w:t></w:p>", ""),
		"300,000 paragraphs are refused":     document(t, "<w:b>"+strings.Repeat("<w:p><w:t>x</w:t></w:p>", 300_000)+"</w:b>", ""),
		"65 MiB unpacked are refused":        document(t, "<a>"+strings.Repeat(" ", 65<<20)+"</a>", ""),
	} {
		t.Run(name, func(t *testing.T) {
			if d, err := docx.Read(raw); !errors.Is(err, split.ErrFormat) {
				t.Errorf("Read = %+v, %v; want ErrFormat", d, err)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(document(f, body, ""))
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		checked(t, raw)
	})
}

func FuzzXML(f *testing.F) {
	f.Add(body)
	f.Add("<tbl><tr></tbl></tbl>")
	f.Fuzz(func(t *testing.T, text string) {
		if text != "" {
			checked(t, document(t, text, ""))
		}
	})
}

// checked reads raw, which may be anything.
func checked(t *testing.T, raw []byte) {
	t.Helper()
	d, err := docx.Read(raw)
	if err != nil {
		if !errors.Is(err, split.ErrFormat) {
			t.Fatalf("Read = %v; want ErrFormat", err)
		}
		return
	}
	for _, p := range d.Passages(&split.Options{Tokens: 5}) {
		if !utf8.ValidString(p.Text) || strings.TrimSpace(p.Text) == "" || p.Line < 1 {
			t.Fatalf("the passage %+v", p)
		}
	}
}
