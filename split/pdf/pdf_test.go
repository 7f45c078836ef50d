package pdf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/split"
	"github.com/memista/memista/split/pdf"
)

// texts returns the blocks of a file with these pages, headings with # in front.
func texts(t *testing.T, pages ...string) (out []string) {
	t.Helper()
	d, err := pdf.Read(t.Context(), document(pages...))
	if err != nil {
		t.Fatalf("Read = %v; want nil", err)
	}
	for _, b := range d.Blocks {
		text := b.Text
		if b.Kind == split.Heading {
			text = strings.Repeat("#", b.Level) + " " + text
		}
		out = append(out, text)
	}
	return out
}

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"lines are one paragraph":                      {shown("one two", "three"), []string{"one two three"}},
		"a distance is a space":                        {"BT /F 10 Tf 72 700 Td [(one)-250(two)-50(three)] TJ ET", []string{"one twothree"}},
		"a space is one, however it is set":            {"BT /F 10 Tf 72 700 Td (one ) Tj 40 0 Td ( two) Tj ET", []string{"one two"}},
		"a word divided at the end of a line is whole": {shown("the inter-", "national well-", "Known"), []string{"the international well- Known"}},
		"a larger distance divides paragraphs":         {shown("one", "two", "", "", "three", "four"), []string{"one two", "three four"}},
		"so does an indent":                            {"BT /F 10 Tf 72 700 Td (One) Tj 0 -12 Td (two) Tj 15 -12 Td (Three) Tj -15 -12 Td (four) Tj ET", []string{"One two", "Three four"}},
		"and a point of a list":                        {shown("See:", "\225 one", "\225 two"), []string{"See:", "• one", "• two"}},
		"large letters are a heading":                  {"BT /F 20 Tf 72 700 Td (Pump) Tj /F 10 Tf 0 -30 Td (Open it, and then wait.) Tj ET", []string{"# Pump", "Open it, and then wait."}},
		"so is a bold line":                            {"BT /B 10 Tf 72 700 Td (Pump) Tj /F 10 Tf 0 -14 Td (Open it, and then wait.) Tj ET", []string{"# Pump", "Open it, and then wait."}},
		"bold text is none":                            {"BT /B 10 Tf 72 700 Td (Open it, and then wait.) Tj ET", []string{"Open it, and then wait."}},
		"letters drawn twice are there once":           {"BT /F 10 Tf 72 700 Td (a) Tj ET BT /F 10 Tf 72.2 700 Td (a) Tj 5 0 Td (b) Tj ET", []string{"ab"}},
		"raised letters are on the line":               {"BT /F 10 Tf 72 700 Td (mc) Tj /F 6 Tf 4 Ts (2) Tj /F 10 Tf 0 Ts ( holds) Tj ET", []string{"mc2 holds"}},
		"columns follow each other":                    {"BT /F 10 Tf 72 700 Td (One) Tj 0 -12 Td (two) Tj ET BT /F 10 Tf 300 700 Td (Three) Tj 0 -12 Td (four) Tj ET", []string{"One two", "Three four"}},
		"cells are divided by spaces":                  {"BT /F 10 Tf 72 700 Td (a) Tj 100 0 Td (b) Tj -100 -12 Td (c) Tj 100 0 Td (d) Tj ET", []string{"a b c d"}},
		"standard fonts have their widths":             {"BT /T 10 Tf 72 700 Td (w) Tj 7.12 0 Td (all \\311T) Tj 23.3 0 Td (A me) Tj /H 10 Tf 25 0 Td (W) Tj 9 0 Td (ay) Tj ET", []string{"wall ÉTA me Way"}},
		"a space may be kerning":                       {"BT /F 10 Tf 72 700 Td -0.5 Tc -4 Tw (wa v) Tj 0 Tc 0 Tw 13.5 0 Td (e wall) Tj ET", []string{"wave wall"}},
		"codes of two bytes have letters and widths":   {"BT /W 10 Tf 72 700 Td [<0001000200030004>-250<0001>] TJ ET", []string{"Жffixy Ж"}},
		"letters above 127":                            {"BT /F 10 Tf 72 700 Td (\\334ber \\223gro\\337\\224) Tj ET", []string{"Über “groß”"}},
		"names of glyphs that say a number":            {"BT /N 10 Tf 72 700 Td (abcd) Tj ET", []string{"Ж𝑏xd"}},
		"what is moved, turned and saved":              {"q 0 1 -1 0 300 300 cm BT /F 10 Tf 1 0 0 1 10 10 Tm (turned) Tj 6 0 Td 36 0 Td (on) Tj ET Q BT /F 10 Tf 72 100 Td (not) Tj ET", []string{"turned on", "not"}},
		"a form":                                       {"BT /F 10 Tf 10 500 Td (first) Tj ET /X Do", []string{"first in a form"}},
		"an image in the content is passed over":       {"BI /W 2 /H 2 ID <<(\x00[EI< EI BT /F 10 Tf 72 700 Td (text) Tj ET", []string{"text"}},
		"quotes, escapes and names of operators":       {"BT /F 10 Tf 12 TL 72 700 Td (a\\(b\\)\\\\ \\101\\\nc) Tj (d) ' 0 0 (e) \" ET", []string{`a(b)\ Ac d e`}},
		"marks of structure and comments":              {"/P <</MCID 0 /A [1 <</B (x)>>]>> BDC % (comment) Tj\nBT /F 10 Tf 72 700 Td (text) Tj ET EMC", []string{"text"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, texts(t, c.content)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPages(t *testing.T) {
	var pages []string
	for i := range 4 {
		pages = append(pages, fmt.Sprintf("BT /F 10 Tf 72 750 Td (Handbook) Tj 0 -50 Td (Text of page number %d begins.) Tj 0 -600 Td (Page %d of 4) Tj ET", i+1, i+1))
	}
	want := []string{"Text of page number 1 begins.", "Text of page number 2 begins.", "Text of page number 3 begins.", "Text of page number 4 begins."}
	if diff := cmp.Diff(want, texts(t, pages...)); diff != "" {
		t.Errorf("without the margins (-want +got):\n%s", diff)
	}
	d, err := pdf.Read(t.Context(), document(pages...))
	if err != nil || d.Blocks[2].Line != 3 {
		t.Errorf("Read = %+v, %v; want the third block on page 3", d, err)
	}
}

func TestNumbersOfPages(t *testing.T) {
	for _, number := range []string{"%d", "-%d-", "– %d –", "[%d]", "%d/2"} {
		var pages []string
		for i := range 2 {
			pages = append(pages, fmt.Sprintf("BT /F 10 Tf 72 750 Td ("+strings.ReplaceAll(number, "–", "\\226")+") Tj 0 -50 Td (Text of page number %d.) Tj ET", i+1, i+1))
		}
		if diff := cmp.Diff([]string{"Text of page number 1.", "Text of page number 2."}, texts(t, pages...)); diff != "" {
			t.Errorf("with %q as the number of a page (-want +got):\n%s", number, diff)
		}
	}
}

func TestTitle(t *testing.T) {
	const heading = "BT /F 20 Tf 72 700 Td (Pump) Tj /F 10 Tf 0 -30 Td (Open it, and then wait.) Tj ET"
	for info, want := range map[string]string{
		"/Title(Handbook)":               "Handbook",
		"/Title<FEFF0416>":               "Ж",
		"/Title(Microsoft Word - a.doc)": "Pump",
		"/Title(untitled)":               "Pump",
		"":                               "Pump",
	} {
		objects := append([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[9 0 R]>>"}, shared()...)
		objects = append(objects, "<</Type/Page/Parent 2 0 R/Contents[10 0 R]/Resources"+fonts+">>", stream("", heading))
		d, err := pdf.Read(t.Context(), file(info, objects...))
		if err != nil || d.Title != want {
			t.Errorf("the title with %s is %+v, %v; want %q", info, d, err, want)
		}
	}
}
