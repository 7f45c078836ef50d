package pdf_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/split"
	"github.com/memista/memista/split/pdf"
)

func TestWhatIsRefused(t *testing.T) {
	whole := document(shown("text"))
	page := func(objects ...string) []byte {
		return file("", append([]string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>", "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</XObject<</X 4 0 R>>>>>>"}, objects...)...)
	}
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"rubbish":                       {[]byte("rubbish"), "not a PDF file"},
		"nothing":                       {nil, ""},
		"a file that was cut off":       {whole[:len(whole)/2], ""},
		"a file without text":           {document("1 0 0 rg 0 0 10 10 re f"), "no text"},
		"fonts without letters":         {document("BT /W 10 Tf 72 700 Td <0009000900090001> Tj ET"), "do not say which letters"},
		"a filter that is not known":    {page(stream("/Filter/NoneDecode", "x")), "NoneDecode"},
		"a form in itself":              {page(stream("/Subtype/Form", "/X Do")), "nested"},
		"more pages than there can be":  {bytes.Replace(whole, []byte("/Count 1"), []byte("/Count 99999999"), 1), ""},
		"200 MB of content":             {document(strings.Repeat(" ", 200<<20)), "larger than 64 MiB"},
		"more than 16 MiB of text":      {document("BT /F 10 Tf 72 700 Td " + strings.Repeat("(123456789012345678901234567890) Tj ", 600_000) + "ET"), "16 MiB of text"},
		"an encryption of another kind": {bytes.Replace(whole, []byte("/Root 1 0 R"), []byte("/Root 1 0 R/Encrypt<</Filter/Standard/V 5/R 6/Length 256>>/ID[(a)(a)]"), 1), "encrypted"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := pdf.Read(t.Context(), c.raw)
			if !errors.Is(err, split.ErrFormat) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Read = %v, %v; want ErrFormat with %q", d, err, c.want)
			}
		})
	}
}

// TestHostileContent has contents that keep other readers from coming to an end.
func TestHostileContent(t *testing.T) {
	for name, content := range map[string]string{
		"a string of hexadecimal digits without an end": "<41",
		"a string without an end":                       "(((((",
		"a list without an end":                         "[[[ 1 2",
		"a dictionary without an end":                   "<< /A << /B [",
		"an image without an end":                       "BI /W 1 ID abc",
		"a million lists in lists":                      strings.Repeat("[", 1e6),
		"a million dictionaries in dictionaries":        strings.Repeat("<<", 1e6),
		"a million saved states":                        strings.Repeat("q ", 1e6),
		"a million operands":                            strings.Repeat("1 ", 1e6) + "Td",
		"operators without operands":                    "Tf Td TD Tm T* Tj TJ ' \" Do cm Tz Q Q Q",
		"numbers that are none":                         "BT /F NaN Tf Inf 1e999 Td (x) Tj ET",
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			d, err := pdf.Read(t.Context(), document(shown("text")+" "+content))
			if err != nil || len(d.Blocks) == 0 || !strings.HasPrefix(d.Blocks[0].Text, "text") {
				t.Errorf("Read = %+v, %v; want the text before it", d, err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("Read took %v", took)
			}
		})
	}
}

// TestDamagedFiles cuts and changes a file at random. Whatever becomes of it, reading ends
// soon, and says so in terms of the file.
func TestDamagedFiles(t *testing.T) {
	const seed = 20261130
	r := rand.New(rand.NewPCG(seed, 1))
	whole := document(shown("text of the first page"), "/X Do BT /W 10 Tf 72 700 Td <000100020003> Tj ET")
	for i := range rounds(40) {
		raw := bytes.Clone(whole)
		switch i % 4 {
		case 0:
			raw = raw[:r.IntN(len(raw))]
		case 1:
			for range 1 + r.IntN(8) {
				raw[r.IntN(len(raw))] ^= 1 << r.IntN(8)
			}
		case 2:
			at, n := r.IntN(len(raw)), r.IntN(64)
			raw = append(raw[:at], raw[min(at+n, len(raw)):]...)
		case 3:
			from, to := r.IntN(len(raw)), r.IntN(len(raw))
			copy(raw[to:], whole[from:min(from+200, len(whole))])
		}
		began := time.Now()
		d, err := pdf.Run(t.Context(), raw, 10*time.Second)
		if (err == nil) == (d == nil) {
			t.Fatalf("seed %d, round %d: Run = %v, %v; want one of them", seed, i, d, err)
		}
		if took := time.Since(began); took > 12*time.Second {
			t.Fatalf("seed %d, round %d: it took %v", seed, i, took)
		}
	}
}

// rounds is n, or a hundred times as many where LONG is set.
func rounds(n int) int {
	if os.Getenv("LONG") != "" {
		return 100 * n
	}
	return n
}

func TestLimits(t *testing.T) {
	t.Run("of memory", func(t *testing.T) {
		raw := []byte("%PDF-1.7\n1 0 obj\n<</Type/XRef/Size 60000000/Root 1 0 R/W[1 1 1]/Length 0>>\nstream\nendstream\nendobj\nstartxref\n9\n%%EOF\n")
		_, err := pdf.Read(t.Context(), raw)
		if !errors.Is(err, split.ErrFormat) || !strings.Contains(err.Error(), "more than 512 MiB") {
			t.Errorf("Read = %v; want that it takes too much memory", err)
		}
	})
	t.Run("of the depth of what is in it", func(t *testing.T) {
		raw := bytes.Replace(document(shown("text")), []byte("/Type/Catalog"), []byte("/A"+strings.Repeat("[", 1e6)), 1)
		if _, err := pdf.Read(t.Context(), raw); !errors.Is(err, split.ErrFormat) {
			t.Errorf("Read = %v; want ErrFormat", err)
		}
	})
	t.Run("of a tree of pages without an end", func(t *testing.T) {
		raw := bytes.Replace(document(shown("text")), []byte("/Kids[9 0 R ]"), []byte("/Kids[2 0 R ]"), 1)
		began := time.Now()
		_, err := pdf.Run(t.Context(), raw, 2*time.Second)
		if took := time.Since(began); err == nil || took > 8*time.Second {
			t.Errorf("Run = %v after %v; want an error after 2 s at most", err, took)
		}
		t.Log(err)
	})
	t.Run("of time", func(t *testing.T) {
		_, err := pdf.Run(t.Context(), document(shown("text")), time.Nanosecond)
		if err == nil || !strings.Contains(err.Error(), "longer than 1ns") {
			t.Errorf("Run = %v; want that it takes too long", err)
		}
	})
	t.Run("of the caller's context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := pdf.Read(ctx, document(shown("text"))); !errors.Is(err, context.Canceled) || errors.Is(err, split.ErrFormat) {
			t.Errorf("Read = %v; want Canceled", err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(shown("text")))
	f.Add([]byte("/X Do BI ID x EI [(a)-200<4142>] TJ <</A[1]>> BDC"))
	f.Fuzz(func(t *testing.T, content []byte) {
		d, err := pdf.Parse(document(string(content)))
		if err == nil && d == nil {
			t.Fatal("Parse = nil, nil")
		}
	})
}

// TestTheAnswerOfAProcessIsBounded copies as os/exec does, which prefers ReadFrom to Write.
func TestTheAnswerOfAProcessIsBounded(t *testing.T) {
	for size, fits := range map[int]bool{1000: true, 1001: false, 1 << 20: false} {
		n, err := io.Copy(pdf.Bounded(1000), struct{ io.Reader }{strings.NewReader(strings.Repeat("x", size))})
		if (err == nil) != fits || fits && n != int64(size) || n > 1000 {
			t.Errorf("of %d bytes %d are kept, %v; want an error past 1000", size, n, err)
		}
	}
}
