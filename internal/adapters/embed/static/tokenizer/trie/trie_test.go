package trie_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer/trie"
)

// TestTrie holds a trie against a map, with random tokens of few letters.
func TestTrie(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	word := func() string {
		b := make([]byte, r.IntN(6))
		for i := range b {
			b[i] = "ab\x00\xff"[r.IntN(4)]
		}
		return string(b)
	}
	for range 200 {
		want := map[string]int32{}
		var entries []trie.Entry
		for i := range int32(r.IntN(60)) {
			w := word()
			entries, want[w] = append(entries, trie.Entry{Token: w, Value: i}), i
		}
		delete(want, "") // no text begins with nothing
		tr := trie.New(entries)
		for range 100 {
			text, from := word()+word(), r.IntN(3)
			value, length := int32(trie.None), 0
			for n := 1; n <= len(text); n++ {
				if v, ok := want[text[:n]]; ok {
					value, length = v, n
				}
			}
			if v, n := tr.Longest(0, []byte(text)); v != value || n != length {
				t.Fatalf("Longest(%q) = %d, %d; want %d, %d", text, v, n, value, length)
			}
			v, ok := tr.Find([]byte(text))
			if w, has := want[text]; ok != has || ok && v != w {
				t.Fatalf("Find(%q) = %d, %v; want %d, %v", text, v, ok, w, has)
			}
			from = min(from, len(text))
			node, ok := tr.Walk(0, text[:from])
			if begins := hasPrefix(want, text[:from]); ok != (begins || from == 0) {
				t.Fatalf("Walk(%q) = %v; want %v", text[:from], ok, begins)
			}
			if !ok {
				continue
			}
			v, n := tr.Longest(node, []byte(text[from:]))
			if w, has := want[text[:from+n]]; n > 0 && (!has || v != w) {
				t.Fatalf("Longest(%q) behind %q = %d, %d; want %d", text[from:], text[:from], v, n, w)
			}
		}
	}
}

func hasPrefix(tokens map[string]int32, prefix string) bool {
	for token := range tokens {
		if strings.HasPrefix(token, prefix) {
			return true
		}
	}
	return false
}
