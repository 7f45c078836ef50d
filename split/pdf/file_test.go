package pdf_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/memista/memista/split/pdf"
)

func TestMain(m *testing.M) {
	pdf.Subprocess()
	os.Exit(m.Run())
}

// file writes a PDF file of objects, of which the first is the catalog. info is the
// dictionary of its properties.
func file(info string, objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R/Info <<%s>>>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, info, xref)
	return b.Bytes()
}

func stream(dict, content string) string {
	return fmt.Sprintf("<</Length %d%s>>\nstream\n%s\nendstream", len(content), dict, content)
}

// packed is stream for content that is compressed.
func packed(dict, content string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write([]byte(content))
	_ = z.Close()
	return stream("/Filter/FlateDecode"+dict, b.String())
}

// The objects that all files of document have: the fonts F, bold B and wide W. The wide one
// has codes of two bytes, 0001 for "Ж" and 0002 to 0004 for "ffi", "x" and "y", and no
// space. T and H say no widths.
const fonts = `<</Font<</F 3 0 R/B 4 0 R/W 5 0 R/N <</Subtype/Type1/Encoding<</Differences[97/uni0416/u1D44F.st 99/x/cab.1]>>>>/T <</Subtype/Type1/BaseFont/Times-Roman/Encoding/WinAnsiEncoding>>/H <</Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>>>/XObject<</X 8 0 R>>>>`

func shared() []string {
	widths := strings.TrimSpace(strings.Repeat("500 ", 224))
	return []string{
		"<</Type/Font/Subtype/Type1/BaseFont/Times/FirstChar 32/LastChar 255/Encoding/WinAnsiEncoding/Widths[" + widths + "]>>",
		"<</Type/Font/Subtype/Type1/BaseFont/Times-Bold/FirstChar 32/LastChar 255/Encoding/WinAnsiEncoding/Widths[" + widths + "]>>",
		"<</Type/Font/Subtype/Type0/BaseFont/Wide/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
		"<</Type/Font/Subtype/CIDFontType2/DW 1000/W[1[500]2 4 600]>>",
		packed("", "1 begincodespacerange <0000><FFFF> endcodespacerange 1 beginbfchar <0001><0416> endbfchar "+
			"2 beginbfrange <0002><0002>[<006600660069>] <0003><0004><0078> endbfrange"),
		stream("/Subtype/Form/Matrix[1 0 0 1 0 -20]/Resources"+fonts, "BT /F 10 Tf 10 500 Td (in a form) Tj ET"),
	}
}

// document returns a file with these contents of pages.
func document(pages ...string) []byte {
	objects := append([]string{"<</Type/Catalog/Pages 2 0 R>>", ""}, shared()...)
	var kids strings.Builder
	for _, content := range pages {
		n := len(objects) + 1
		objects = append(objects, fmt.Sprintf("<</Type/Page/Parent 2 0 R/Contents %d 0 R>>", n+1), packed("", content))
		fmt.Fprintf(&kids, "%d 0 R ", n)
	}
	objects[1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]/Resources%s>>", len(pages), kids.String(), fonts)
	return file("", objects...)
}

// shown returns content that shows lines below each other.
func shown(lines ...string) string {
	return "BT /F 10 Tf 12 TL 72 700 Td (" + strings.Join(lines, ") Tj T* (") + ") Tj ET"
}
