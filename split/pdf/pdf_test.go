package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/split"
	"github.com/memista/memista/split/pdf"
)

// file returns a PDF file whose pages draw contents.
func file(contents ...string) []byte {
	var b bytes.Buffer
	var at []int
	object := func(text string) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(at), text)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	kids := ""
	for i := range contents {
		kids += fmt.Sprintf("%d 0 R ", 5+2*i)
	}
	object(fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(contents), kids))
	object("<< /Title (The title) >>")
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	for i, c := range contents {
		object(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /Contents %d 0 R /Resources << /Font << /F1 4 0 R >> >> >>", 6+2*i))
		object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(c), c))
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}

var pages = []string{
	"BT /F1 10 Tf 50 700 Td (Hello) Tj 40 0 Td (world,) Tj 0 -12 Td (next line) Tj 0 -40 Td (Far below) Tj ET",
	"BT /F1 10 Tf 50 700 Td [(Sec) -10 (ond) -400 (page)] TJ ET",
}

func TestRead(t *testing.T) {
	d, err := pdf.Read(file(pages...))
	want := &split.Document{Title: "The title", Blocks: []split.Block{
		{Text: "Hello world,\nnext line", Line: 1},
		{Text: "Far below", Line: 1},
		{Text: "Second page", Line: 2},
	}}
	if diff := cmp.Diff(want, d); err != nil || diff != "" {
		t.Errorf("Read: %v (-want +got):\n%s", err, diff)
	}
	circle := bytes.Replace(file(pages[:1]...), []byte("/Kids [5 0 R ]"), []byte("/Kids [2 0 R ]"), 1)
	for name, raw := range map[string][]byte{
		"what is no PDF is refused":                  []byte("rubbish"),
		"an empty file is refused":                   nil,
		"a file that was cut off is refused":         file(pages...)[:400],
		"a file whose pages have no end is refused":  circle,
		"a file with too many pages is refused":      bytes.Replace(file(pages[:1]...), []byte("/Count 1 "), []byte("/Count 999999999 "), 1),
		"a file without a table of parts is refused": bytes.Replace(file(pages...), []byte("\nxref\n"), []byte("\nwhat\n"), 1),
	} {
		t.Run(name, func(t *testing.T) {
			if d, err := pdf.Read(raw); !errors.Is(err, split.ErrFormat) {
				t.Errorf("Read = %+v, %v; want ErrFormat", d, err)
			}
		})
	}
}

func TestDamagedFilesEnd(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	whole := file(pages...)
	for range 500 {
		raw := bytes.Clone(whole)
		for range 1 + rng.IntN(4) {
			raw[rng.IntN(len(raw))] = whole[rng.IntN(len(whole))]
		}
		checked(t, raw)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(pages...))
	f.Fuzz(func(t *testing.T, raw []byte) { checked(t, raw) })
}

// checked reads raw, which may be anything.
func checked(t *testing.T, raw []byte) {
	t.Helper()
	d, err := pdf.Read(raw)
	if err != nil {
		if !errors.Is(err, split.ErrFormat) {
			t.Fatalf("Read = %v; want ErrFormat", err)
		}
		return
	}
	for _, p := range d.Passages(nil) {
		if !utf8.ValidString(p.Text) {
			t.Fatalf("the passage %q", p.Text)
		}
	}
}
