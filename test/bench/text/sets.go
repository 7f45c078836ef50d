package main

import (
	"cmp"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
)

const (
	setSeed     = 20261130
	minQuery    = 3    // words of a query
	maxDocument = 2000 // bytes; none of WordNet is longer
)

// set is documents and queries, with the documents that answer each query.
type set struct {
	name      string
	documents []string
	queries   []query
}

// query is a text, and the numbers of the documents that are right.
type query struct {
	text  string
	right []int
}

// sets returns sets of queries over the entries of WordNet. Of all queries a half, by a hash
// of the entry, is there to choose by (tuning), the other half to report.
func sets(all []meaning, tuning bool, queries int) []set {
	slices.SortFunc(all, func(a, b meaning) int { return cmp.Compare(a.id, b.id) })
	r := rand.New(rand.NewPCG(setSeed, 0))
	mine := func(m meaning) bool {
		h := fnv.New32a()
		_, _ = h.Write([]byte(m.id))
		return h.Sum32()%2 == 0 == tuning
	}
	out := []set{related(all, mine), examples(all, mine), synonyms(all, mine)}
	for i := range out {
		q := out[i].queries
		r.Shuffle(len(q), func(a, b int) { q[a], q[b] = q[b], q[a] })
		out[i].queries = q[:min(queries, len(q))]
	}
	return out
}

// related asks with the definition of a verb or an adjective for the nouns that are made of
// it, or that it is made of: another text about the same thing. The documents are the
// entries of all nouns.
func related(all []meaning, mine func(meaning) bool) set {
	s := set{name: "related"}
	at := map[string]int{}
	for _, m := range all {
		if m.id[0] == 'n' {
			at[m.id] = len(s.documents)
			s.documents = append(s.documents, entry(m))
		}
	}
	for _, m := range all {
		if m.id[0] != 'v' && m.id[0] != 'a' || !mine(m) || len(strings.Fields(m.definition)) < minQuery {
			continue
		}
		var right []int
		for _, id := range m.derived {
			if doc, ok := at[id]; ok && !slices.Contains(right, doc) {
				right = append(right, doc)
			}
		}
		if len(right) > 0 {
			s.queries = append(s.queries, query{m.definition, right})
		}
	}
	return s
}

// examples asks with an example for the entry whose word it uses in this meaning. The
// documents are all entries, without their examples.
func examples(all []meaning, mine func(meaning) bool) set {
	s := set{name: "examples"}
	for i, m := range all {
		s.documents = append(s.documents, entry(m))
		if mine(m) && len(m.examples) > 0 && len(strings.Fields(m.examples[0])) >= minQuery {
			s.queries = append(s.queries, query{m.examples[0], []int{i}})
		}
	}
	return s
}

// synonyms asks with a word for the entries of its meanings, whose documents have another
// word for it and the definition, and the asked one nowhere. The documents are the entries of
// all nouns, under their first word.
func synonyms(all []meaning, mine func(meaning) bool) set {
	s := set{name: "synonyms"}
	at := map[string][]int{} // the entries that each word has, but not as their first
	for _, m := range all {
		if m.id[0] != 'n' {
			continue
		}
		for _, w := range m.words[1:] {
			at[strings.ToLower(w)] = append(at[strings.ToLower(w)], len(s.documents))
		}
		s.documents = append(s.documents, entry(meaning{words: m.words[:1], definition: m.definition}))
	}
	asked := map[string]bool{}
	for _, m := range all {
		if m.id[0] != 'n' || !mine(m) {
			continue
		}
		for _, w := range m.words[1:] {
			text := strings.ToLower(w)
			right := slices.DeleteFunc(slices.Clone(at[text]), func(doc int) bool {
				return strings.Contains(strings.ToLower(s.documents[doc]), text)
			})
			if !asked[text] && len(right) == len(at[text]) {
				s.queries = append(s.queries, query{text, right})
			}
			asked[text] = true
		}
	}
	return s
}

// entry is the document of an entry: its words and its definition.
func entry(m meaning) string {
	text := strings.Join(m.words, ", ") + ": " + m.definition
	return text[:min(len(text), maxDocument)]
}
