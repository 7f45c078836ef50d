package analysis_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/analysis"
	"github.com/memista/memista/internal/domain"
)

func analyzer(tb testing.TB, t domain.Tokenizer) *analysis.Analyzer {
	tb.Helper()
	a, err := analysis.Of(t)
	if err != nil {
		tb.Fatalf("Of(%q) = %v; want nil", t, err)
	}
	return a
}

func TestWordsOfATextAreFolded(t *testing.T) {
	a := analyzer(t, domain.Words)
	for text, want := range map[string]string{
		"":                         "",
		"The QUICK, brown_fox!":    "the quick brown fox",
		"Straße STRASSE STRAẞE":    "strasse strasse strasse",
		"Ærø Œuvre Łódź Đorđe Ðþ":  "aero oeuvre lodz dorde dth",
		"ısı İstanbul ISI Ħaż ŋ ŧ": "isi istanbul isi haz n t",
		"Ελλάδα ΕΛΛΆΔΑ λόγος ΛΌΓΟΣ":         "ελλαδα ελλαδα λογοσ λογοσ",
		"Ёлка ёлка е\u0308лка Йод":          "елка елка елка йод",
		"café cafe\u0301 ǽ Ǿ ṩ ế":           "cafe cafe ae o s e",
		"ＦＵＬＬ　ｗｉｄｔｈ１２３！ ｶﾞｷﾞ":               "full width123 ガギ",
		"ﬁne ﬂow ² x² ① Ⅳ ½":                "fine flow 2 x2 1 iv 1 2",
		"WordPress™ is®":                    "wordpress is",
		"が か\u3099 각 \u1100\u1161\u11a8":    "が が 각 각",
		"हिन्दी में":                        "हिन्दी में",
		"co\u00adop می\u200cخواهم a\ufeffb": "coop میخواهم ab",
		"a\u200bb\x00c\xffd":                "a b c d",
		"東京都の天気、大阪":                         "東京都の天気 大阪",
		"\u0301 \u0301x":                    "x",
		"1,299.99 WF-M5799DWF":              "1 299 99 wf m5799dwf",
	} {
		if got := a.Values(text); !cmp.Equal(got, []string{want}) {
			t.Errorf("Values(%q) = %q; want %q", text, got, want)
		}
	}
}

func TestEnglishHasWordsAndStems(t *testing.T) {
	a := analyzer(t, domain.English)
	want := []string{"the running foxes easily ran 東京 naive x86", "the run fox easili ran 東京 naiv x86"}
	if got := a.Values("The running foxes easily ran, 東京 naïve x86"); !cmp.Equal(got, want) {
		t.Errorf("Values = %q; want %q", got, want)
	}
	terms := []domain.TextTerm{{Text: "Runs"}, {Text: "universit", Prefix: true}, {Text: "happy dogs"}}
	if got, want := a.Expression(terms, false), `stems : "run" OR words : "universit"* OR stems : "happi dog"`; got != want {
		t.Errorf("Expression = %s; want %s", got, want)
	}
}

func TestGramsBeginAtEveryCharacter(t *testing.T) {
	a := analyzer(t, domain.Trigram)
	for text, want := range map[string]string{
		"":           "",
		"Ab":         "ab b",
		"東京都の":       "東京都 京都の 都の の",
		" a \n b ":   "a\uf720b \uf720b b",
		"C++":        "c\uf72b\uf72b \uf72b\uf72b \uf72b",
		"1,299.99":   "129 299 99\uf72e 9\uf72e9 \uf72e99 99 9",
		"1,2 12,345": "1\uf72c2 \uf72c2\uf720 2\uf7201 \uf72012 123 234 345 45 5",
	} {
		if got := a.Values(text); !cmp.Equal(got, []string{want}) {
			t.Errorf("Values(%q) = %q; want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"東":       `"東"*`,
		"東京":      `"東京"*`,
		"東京都":     `"東京都"`,
		"東京都の天":   `"東京都 京都の 都の天"`,
		`a"b`:     "\"a\uf722b\"",
		"1299.99": "\"129 299 99\uf72e 9\uf72e9 \uf72e99\"",
		"\x00":    "",
	} {
		if got := a.Expression([]domain.TextTerm{{Text: text}}, true); got != want {
			t.Errorf("Expression(%q) = %q; want %q", text, got, want)
		}
	}
}

// FuzzAnalyzers shows that nothing but tokens and spaces reaches FTS5, and that what a
// text has is looked for in the form in which it is indexed.
func FuzzAnalyzers(f *testing.F) {
	for _, text := range []string{"", "Straße 1,299.99", "東京\u3099が", "a\xff\x00\"'*:()", "ИЙё e\u0308", "\u0301\u200d™ﬁ½ｶﾞ", "running İ ŉ ﷺ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range domain.Tokenizers {
			a := analyzer(t, tok)
			columns := a.Values(text)
			for _, c := range columns {
				if !utf8.ValidString(c) || strings.ContainsFunc(c, func(r rune) bool { return r < utf8.RuneSelf && r != ' ' && !domain.BeginsWord(r) }) {
					t.Fatalf("%s: Values(%q) = %q; want tokens", tok, text, c)
				}
				if n := strings.Count(c, " "); n != strings.Count(columns[0], " ") {
					t.Fatalf("%s: Values(%q) = %q; want as many tokens in each column", tok, text, columns)
				}
			}
			want := ""
			if words := columns[len(columns)-1]; tok != domain.Trigram && words != "" {
				want = `"` + words + `"`
			}
			if got := a.Expression([]domain.TextTerm{{Text: text}}, false); tok != domain.Trigram && strings.TrimPrefix(got, "stems : ") != want {
				t.Fatalf("%s: Expression(%q) = %q; want %q", tok, text, got, want)
			}
		}
	})
}
