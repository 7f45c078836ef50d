// Package trie finds the tokens of a vocabulary that a text begins with.
package trie

import (
	"bytes"
	"slices"
	"strings"
)

// None is the value of what is no token.
const None = -1

// Trie has a value, which is not negative, for each of its tokens. Its nodes are numbered
// level by level, so that the children of a node lie side by side; the root is 0. It is safe
// for concurrent use.
type Trie struct {
	nodes  []node
	labels []byte // the byte that leads to each node
	root   [256]int32
}

type node struct {
	first int32 // its first child; its last one comes before the first of the next node
	value int32
}

// Entry is a token with its value.
type Entry struct {
	Token string
	Value int32
}

// New returns the trie of the entries that have a token; of equal tokens the last counts.
func New(entries []Entry) *Trie {
	keys := slices.Clone(entries)
	slices.SortStableFunc(keys, func(a, b Entry) int { return strings.Compare(a.Token, b.Token) })
	n := 0
	for i, k := range keys {
		if k.Token != "" && (i+1 == len(keys) || keys[i+1].Token != k.Token) {
			keys[n] = k
			n++
		}
	}
	keys = keys[:n]
	size := count(keys)
	t := &Trie{nodes: make([]node, 1, size+1), labels: make([]byte, 1, size)}
	t.nodes[0].value = None
	level := []block{{0, int32(len(keys))}}
	for depth, at := 0, 0; len(level) > 0; depth++ {
		var below []block
		for _, b := range level {
			t.nodes[at].first = int32(len(t.nodes))
			if b.from < b.to && len(keys[b.from].Token) == depth {
				t.nodes[at].value = keys[b.from].Value
				b.from++
			}
			for b.from < b.to {
				label, end := keys[b.from].Token[depth], b.from+1
				for end < b.to && keys[end].Token[depth] == label {
					end++
				}
				below = append(below, block{b.from, end})
				t.nodes = append(t.nodes, node{value: None})
				t.labels = append(t.labels, label)
				b.from = end
			}
			at++
		}
		level = below
	}
	t.nodes = append(t.nodes, node{first: int32(len(t.nodes)), value: None})
	for child := t.nodes[0].first; child < t.nodes[1].first; child++ {
		t.root[t.labels[child]] = child
	}
	return t
}

// block are the keys below a node.
type block struct{ from, to int32 }

// count returns how many nodes sorted keys make: one for each prefix that differs, and the root.
func count(keys []Entry) int {
	n, before := 1, ""
	for _, k := range keys {
		same := 0
		for same < len(before) && same < len(k.Token) && before[same] == k.Token[same] {
			same++
		}
		n, before = n+len(k.Token)-same, k.Token
	}
	return n
}

// few is up to how many children are looked at one by one, which is faster than a call.
const few = 6

// Child returns the node that b leads to from node n, 0 if there is none.
func (t *Trie) Child(n int32, b byte) int32 {
	if n == 0 {
		return t.root[b]
	}
	from, to := t.nodes[n].first, t.nodes[n+1].first
	if to-from <= few {
		for i, label := range t.labels[from:to] {
			if label == b {
				return from + int32(i)
			}
		}
		return 0
	}
	if i := bytes.IndexByte(t.labels[from:to], b); i >= 0 {
		return from + int32(i)
	}
	return 0
}

// Value returns the value of the token that ends at node n, None if none does.
func (t *Trie) Value(n int32) int32 { return t.nodes[n].value }

// Walk returns the node at the end of key, from node n.
func (t *Trie) Walk(n int32, key string) (end int32, ok bool) {
	for i := range len(key) {
		if n = t.Child(n, key[i]); n == 0 {
			return 0, false
		}
	}
	return n, true
}

// Find returns the value of a token.
func (t *Trie) Find(token []byte) (value int32, ok bool) {
	n := int32(0)
	for _, b := range token {
		if n = t.Child(n, b); n == 0 {
			return None, false
		}
	}
	value = t.nodes[n].value
	return value, value != None
}

// Longest returns the value and the length of the longest token that text begins with, from
// node n; None if there is no such token.
func (t *Trie) Longest(n int32, text []byte) (value int32, length int) {
	value = None
	for i, b := range text {
		if n = t.Child(n, b); n == 0 {
			break
		}
		if v := t.nodes[n].value; v != None {
			value, length = v, i+1
		}
	}
	return value, length
}
