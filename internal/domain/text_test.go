package domain_test

import (
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
		got, err := domain.ParseText(text)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("ParseText(%q) = %v, %v; want %v, nil", text, got, err, want)
		}
	}
}
