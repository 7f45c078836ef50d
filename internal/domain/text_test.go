package domain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain"
)

func TestParseText(t *testing.T) {
	word := func(texts ...string) (terms []domain.TextTerm) {
		for _, text := range texts {
			terms = append(terms, domain.TextTerm{Text: text})
		}
		return terms
	}
	prefix := func(text string) domain.TextTerm { return domain.TextTerm{Text: text, Prefix: true} }
	for text, want := range map[string][]domain.TextTerm{
		"quick fox":            word("quick", "fox"),
		"quick,fox":            word("quick", "fox"),
		"quick/fox":            word("quick", "fox"),
		"title:quick":          word("title", "quick"),
		"e-mail":               word("e", "mail"),
		"don't":                word("don", "t"),
		"snake_case.go(1)":     word("snake", "case", "go", "1"),
		"1,299.99":             word("1", "299", "99"),
		"a—b…c\u00a0d\te":      word("a", "b", "c", "d", "e"),
		"東京、大阪":                word("東京", "大阪"),
		"हिन्दी ca\u0301t":     word("हिन्दी", "ca\u0301t"),
		"Fox FOX,fox":          word("Fox"),
		"soft\u00adhyphen":     word("soft\u00adhyphen"),
		"?! — 💥 \u0301":        nil,
		`"quick,fox" quick`:    word("quick,fox", "quick"),
		`say "red  blue" now`:  word("say", "red blue", "now"),
		`red"blue`:             word("red", "blue"),
		"gre*":                 {prefix("gre")},
		"gre* gre":             {prefix("gre"), {Text: "gre"}},
		"gre*,blu*/e-ma*":      {prefix("gre"), prefix("blu"), {Text: "e"}, prefix("ma")},
		"gre** (blu*)":         {prefix("gre"), prefix("blu")},
		"g* a*b *red *":        word("g", "a", "b", "red"),
		`"red bl*" title:blu*`: {{Text: "red bl*"}, {Text: "title"}, prefix("blu")},
	} {
		got, err := domain.ParseText(text, domain.Words)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("ParseText(%q) = %v, %v; want %v, nil", text, got, err, want)
		}
	}
}

func TestParseTextForAnyPart(t *testing.T) {
	for text, want := range map[string][]domain.TextTerm{
		"東京 天気":                 {{Text: "東京"}, {Text: "天気"}},
		"WF-M5799,x C++ ?!":     {{Text: "WF-M5799,x"}, {Text: "C++"}, {Text: "?!"}},
		"M57* ** a*b":           {{Text: "M57"}, {Text: "**"}, {Text: "a*b"}},
		"\"red  -> \tblue\" \"": {{Text: "red -> blue"}},
		"\x00\xff 💥 Ab aB":      {{Text: "💥"}, {Text: "Ab"}},
	} {
		got, err := domain.ParseText(text, domain.Trigram)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("ParseText(%q) = %v, %v; want %v, nil", text, got, err, want)
		}
	}
	long := strings.Repeat("東", domain.MaxTextParts)
	if _, err := domain.ParseText(long, domain.Trigram); err != nil {
		t.Errorf("ParseText(%d characters) = %v; want nil", domain.MaxTextParts, err)
	}
	if _, err := domain.ParseText(long+" 京", domain.Trigram); !errors.Is(err, domain.ErrTooLarge) {
		t.Errorf("ParseText(%d characters) = %v; want ErrTooLarge", domain.MaxTextParts+1, err)
	}
}

func TestParseTokenizer(t *testing.T) {
	for _, name := range []string{"", "words", "english", "trigram"} {
		if got, err := domain.ParseTokenizer(name); err != nil || string(got) != name {
			t.Errorf("ParseTokenizer(%q) = %q, %v; want it, nil", name, got, err)
		}
	}
	if _, err := domain.ParseTokenizer("Words"); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("ParseTokenizer(Words) = %v; want ErrInvalid", err)
	}
}
