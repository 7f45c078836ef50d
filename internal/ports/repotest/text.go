package repotest

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// texts is a database called "texts" with full text and one chunk for each of its texts.
func (s *suite) texts(texts ...string) {
	s.Helper()
	chunks := make([]domain.Chunk, len(texts))
	for i, t := range texts {
		chunks[i] = chunk(t, 1)
	}
	s.putTexts(chunks...)
}

func (s *suite) putTexts(chunks ...domain.Chunk) domain.Commit {
	s.Helper()
	s.searcher()
	return s.write(domain.Batch{Database: "texts", Create: &domain.Settings{FullText: s.tokenizer()}, Put: chunks})
}

// tokenizer is that of the database of the rule.
func (s *suite) tokenizer() domain.Tokenizer { return cmp.Or(s.by, domain.Words) }

// searcher returns the repository as one that searches texts, or skips the rule.
func (s *suite) searcher() ports.TextSearcher {
	s.Helper()
	ts, ok := s.repo.(ports.TextSearcher)
	if !ok {
		s.Skip("this repository searches no texts")
	}
	if err := ts.FullText(); err != nil {
		s.kind("FullText()", err, domain.ErrUnsupported)
		s.Skip(err)
	}
	return ts
}

// search answers a text query that must be fine.
func (s *suite) search(text string, q ports.TextQuery) []domain.TextMatch {
	s.Helper()
	terms, err := domain.ParseText(text, s.tokenizer())
	if err != nil {
		s.Fatalf("ParseText(%q) = %v; want nil", text, err)
	}
	q.Terms = terms
	if q.K == 0 {
		q.K = 10
	}
	got, err := s.searcher().SearchText(s.ctx, s.find("texts"), q)
	if err != nil {
		s.Fatalf("SearchText(%q) = %v; want nil", text, err)
	}
	return got
}

// finds checks which chunks a text query finds, best first.
func (s *suite) finds(text string, q ports.TextQuery, want ...int64) {
	s.Helper()
	got := []int64{}
	for _, m := range s.search(text, q) {
		got = append(got, m.ID)
	}
	if !slices.Equal(got, want) {
		s.Errorf("SearchText(%q, all %v) finds %v; want %v", text, q.All, got, want)
	}
}

// agrees compares a text query with what comparing all rows says.
func (s *suite) agrees(text string, q ports.TextQuery) {
	s.Helper()
	chunks := map[int64]domain.Chunk{}
	for _, c := range s.chunks("texts", domain.Selection{Limit: 1 << 20}) {
		chunks[c.ID] = c
	}
	got := s.search(text, q)
	q.Terms, _ = domain.ParseText(text, s.tokenizer())
	q.K = max(q.K, 10)
	all := q
	all.K = len(chunks)
	want := rankTexts(chunks, s.tokenizer(), all)
	if len(got) != min(q.K, len(want)) {
		s.Fatalf("SearchText(%q, k %d) has %d matches; want %d", text, q.K, len(got), min(q.K, len(want)))
	}
	scores := map[int64]domain.TextMatch{}
	for _, m := range want {
		scores[m.ID] = m
	}
	for i, m := range got {
		w, there := scores[m.ID]
		// Which of two equals comes first may depend on the last bit of their scores.
		if !there || !near(m.Score, w.Score) || !near(m.Score, want[i].Score) || m.Sequence != w.Sequence {
			s.Errorf("SearchText(%q): match %d is %+v; want %+v, as the row says %+v", text, i, m, want[i], w)
		}
		if i > 0 && (m.Score > got[i-1].Score || m.Score == got[i-1].Score && m.ID <= got[i-1].ID) {
			s.Errorf("SearchText(%q): matches %d and %d are out of order: %+v, %+v", text, i-1, i, got[i-1], m)
		}
	}
}

func near(a, b float32) bool {
	return math.Abs(float64(a)-float64(b)) <= 1e-5*math.Abs(float64(a))+1e-9
}

// idSet is a set of ids for filters.
type idSet map[int64]bool

func (s idSet) Contains(id int64) bool { return s[id] }
func (s idSet) Len() int               { return len(s) }
func (s idSet) All() iter.Seq[int64]   { return slices.Values(slices.Sorted(maps.Keys(s))) }

// vocabulary has words of very different frequency.
var vocabulary = strings.Fields("the cat dog sat on mat running cats away from runs home blue sky rain cloud clouds stones stone bread wine")

func someText(r *rand.Rand, n int) string {
	out := make([]string, n)
	for i := range out {
		u := r.Float64()
		out[i] = vocabulary[int(u*u*float64(len(vocabulary)))]
	}
	return strings.Join(out, " ")
}

var textRules = []rule{
	{"text: any word finds a chunk, the rarer and the more often the better", func(s *suite) {
		s.texts("the cat sat", "the dog sat", "the cat and the cat", "a bird", "the rain in the rain", "stone and bread")
		s.finds("cat", ports.TextQuery{}, 3, 1)
		s.finds("bird cat", ports.TextQuery{}, 4, 3, 1)
		s.finds("CAT!", ports.TextQuery{}, 3, 1)
		s.finds("fish", ports.TextQuery{})
		s.finds("?!", ports.TextQuery{})
		s.finds("cat dog sat", ports.TextQuery{All: true})
		s.finds("cat sat", ports.TextQuery{All: true}, 1)
	}},
	{"text: words are apart in a query as they are in a text", func(s *suite) {
		s.texts("a quick dog", "a red fox", "quick fox", "title of a book", "stone", "bread", "salt", "wine")
		for _, text := range []string{"quick,fox", "quick/fox", "fox:quick", "quick-fox", "(quick)fox", "quick—fox", "quick\u00a0fox", "quick\x00fox"} {
			s.finds(text, ports.TextQuery{}, 3, 1, 2)
			s.finds(text, ports.TextQuery{All: true}, 3)
		}
		s.finds("title:quick", ports.TextQuery{}, 4, 3, 1)
		s.finds(`"quick,fox"`, ports.TextQuery{}, 3)
		s.finds(`"quick/dog"`, ports.TextQuery{}, 1)
		s.finds(`"fox:quick"`, ports.TextQuery{})
		s.finds("book,qui*", ports.TextQuery{}, 4, 3, 1)
	}},
	{"text: a phrase has its words side by side, a star is any ending", func(s *suite) {
		s.texts("red blue green", "blue red green", "blues are blue", "e-mail", "mail by post")
		s.finds(`"red blue"`, ports.TextQuery{}, 1)
		s.finds(`"red green" "blue red"`, ports.TextQuery{}, 2)
		s.finds(`"e-mail"`, ports.TextQuery{}, 4)
		s.finds("gre*", ports.TextQuery{}, 1, 2)
		s.finds("blues*", ports.TextQuery{}, 3)
		s.finds(`"red bl"`, ports.TextQuery{})
	}},
	{"text: a refused batch leaves the texts as they were", func(s *suite) {
		s.texts("one", "two")
		bad := chunk("four", 1, 2)
		s.refused(domain.Batch{Database: "texts", Delete: []int64{1}, Put: []domain.Chunk{chunk("three", 1), bad}}, domain.ErrDimension)
		s.finds("one two three four", ports.TextQuery{}, 1, 2)
	}},
	{"text: only allowed ids come back, and k of them if k match", func(s *suite) {
		r := rand.New(rand.NewPCG(3, 3))
		var put []domain.Chunk
		for range 300 {
			put = append(put, chunk("cat "+someText(r, 4), 1))
		}
		s.putTexts(put...)
		for _, every := range []int64{1, 2, 10, 50} {
			allow := idSet{}
			for id := every; id <= 400; id += every {
				allow[id] = true
			}
			s.agrees("cat blue", ports.TextQuery{K: 20, Allow: allow})
			s.same("matches among every so many", len(s.search("cat", ports.TextQuery{K: 1000, Allow: allow})), int(300/every))
		}
		s.finds("cat", ports.TextQuery{Allow: idSet{}})
	}},
	{"text: expired chunks are passed over, and k others come back", func(s *suite) {
		now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		var put []domain.Chunk
		for i := range 200 {
			c := chunk("cat", 1)
			if i < 190 {
				c.ExpiresAt = now.Add(time.Duration(i-189) * time.Second) // the last one just now
			}
			put = append(put, c)
		}
		s.putTexts(put...)
		s.finds("cat", ports.TextQuery{Now: now, K: 3}, 191, 192, 193)
		s.finds("cat", ports.TextQuery{Now: now.Add(-time.Second), K: 3}, 190, 191, 192)
		s.finds("cat", ports.TextQuery{K: 2}, 1, 2)
	}},
	{"text: texts outlive the repository", func(s *suite) {
		s.texts("one", "two", "three")
		s.write(domain.Batch{Database: "texts", Delete: []int64{2}})
		s.reopen()
		s.finds("one two three", ports.TextQuery{}, 1, 3)
		s.putTexts(chunk("four", 1))
		s.finds("one two three four", ports.TextQuery{}, 1, 3, 4)
	}},
	{"text: the next life of a database has nothing of the last one's", func(s *suite) {
		s.texts("one", "two")
		old := s.find("texts")
		if err := s.repo.Drop(s.ctx, "texts", nil); err != nil {
			s.Fatalf("Drop = %v; want nil", err)
		}
		_, err := s.searcher().SearchText(s.ctx, old, ports.TextQuery{K: 1, Terms: []domain.TextTerm{{Text: "one"}}})
		s.kind("SearchText of a dropped database", err, domain.ErrNotFound)
		s.texts("three")
		s.finds("one two three", ports.TextQuery{}, 1)
		_, err = s.searcher().SearchText(s.ctx, old, ports.TextQuery{K: 1, Terms: []domain.TextTerm{{Text: "one"}}})
		s.kind("SearchText of a life that has ended", err, domain.ErrNotFound)
	}},
	{"text: what cannot be searched says so", func(s *suite) {
		ts := s.searcher()
		q := ports.TextQuery{K: 1, Terms: []domain.TextTerm{{Text: "one"}}}
		db := s.put("plain", chunk("one", 1)).Database
		_, err := ts.SearchText(s.ctx, db, q)
		s.kind("SearchText of a database without full text", err, domain.ErrInvalid)
		s.texts("one")
		_, err = ts.SearchText(s.ctx, s.find("texts"), ports.TextQuery{Terms: q.Terms})
		s.kind("SearchText(k 0)", err, domain.ErrInvalid)
		ended, cancel := context.WithCancel(s.ctx)
		cancel()
		_, err = ts.SearchText(ended, s.find("texts"), q)
		s.kind("SearchText with an ended context", err, context.Canceled)
		got, err := ts.SearchText(s.ctx, s.find("texts"), ports.TextQuery{K: 1})
		if err != nil || len(got) > 0 {
			s.Errorf("SearchText without terms = %v, %v; want none, nil", got, err)
		}
	}},
}
