package html_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/split"
	"github.com/memista/memista/split/html"
)

func TestRead(t *testing.T) {
	d, err := html.Read([]byte(`<!doctype html><title>The
 title</title>
<style>p{}</style>
<h1>One &amp; <i>only</i></h1>
<p>first
 line<br>next <script>alert("no")</script>word
<ul><li>item<li>other</ul>
<pre>
a
  b
</pre>
<table><tr><td>x</td><td>y</td></tr></table>
tail`))
	want := &split.Document{Title: "The title", Blocks: []split.Block{
		{Kind: split.Heading, Level: 1, Text: "One & only", Line: 4},
		{Text: "first line next word", Line: 5},
		{Text: "item", Line: 7},
		{Text: "other", Line: 7},
		{Kind: split.Source, Text: "a\n  b", Line: 9},
		{Text: "x y", Line: 12},
		{Text: "tail", Line: 13},
	}}
	if diff := cmp.Diff(want, d); err != nil || diff != "" {
		t.Errorf("Read: %v (-want +got):\n%s", err, diff)
	}
	t.Run("a page without a title has its first h1", func(t *testing.T) {
		if d, err := html.Read([]byte("<h2>a</h2><h1>b</h1>")); err != nil || d.Title != "b" {
			t.Errorf("Read = %+v, %v", d, err)
		}
	})
	t.Run("titles of pictures are not that of the page", func(t *testing.T) {
		d, err := html.Read([]byte("<title>The page</title><svg><title>An arrow</title></svg><p>x"))
		if err != nil || d.Title != "The page" {
			t.Errorf("Read = %+v, %v", d, err)
		}
	})
	t.Run("what is not UTF-8 is refused", func(t *testing.T) {
		if _, err := html.Read([]byte("<p>\xff")); !errors.Is(err, split.ErrFormat) {
			t.Errorf("Read = %v", err)
		}
	})
}

func TestWhatCannotBeSeen(t *testing.T) {
	for text, want := range map[string][]string{
		"<p>a<p hidden>no<p>b": {"a", "b"},
		"<p>a</p><div hidden=''>no<div>no</div>no<br>no</div><p>b":             {"a", "b"},
		"<p>a <span style='color: red; Display : none !important'>no</span>b":  {"a b"},
		"a<div style=\"visibility:hidden\">no</div>b":                          {"a", "b"},
		"<noscript><img src=x><p>no</noscript>b":                               {"b"},
		"<ul><li hidden>no<ul><li>no</ul><li>b</ul>c":                          {"b", "c"},
		"<table><tr><td hidden>no<p>no<td>b<tr hidden><td>no<tr><td>c</table>": {"b", "c"},
		"<section><div hidden>no</section>b":                                   {"b"},
		"<div hidden><script>'</div>'</script><style>x</style>no</div>b":       {"b"},
		"<h1>a<b hidden>no</b></h1><img hidden>b":                              {"a", "b"},
		"<body style='display:none'><p hidden=until-found>b":                   {"b"},
		"<p style='display:block'>b<dialog hidden>no</dialog>":                 {"b"},
		"<div hidden/>b</div>":                                                 {"b"},
	} {
		d, err := html.Read([]byte(text))
		var got []string
		for _, b := range d.Blocks {
			got = append(got, b.Text)
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("Read(%s): %v (-want +got):\n%s", text, err, diff)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("<h1>a</h1><p>b<pre>c")
	f.Add("<script><!--<script></script>")
	f.Add("<textarea><p>x")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := html.Read([]byte(text))
		if err != nil {
			return
		}
		var all strings.Builder
		for _, p := range d.Passages(&split.Options{Tokens: 5}) {
			if !utf8.ValidString(p.Text) || p.Line < 1 || p.Line > strings.Count(text, "\n")+strings.Count(text, "\r")+1 {
				t.Fatalf("the passage %+v", p)
			}
			all.WriteString(p.Text)
		}
		if !strings.ContainsAny(text, "<&\x00\r") && strings.Join(strings.Fields(text), " ") != "" && all.Len() == 0 {
			t.Fatalf("of %q nothing is left", text)
		}
	})
}
