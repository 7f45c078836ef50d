package repotest

import (
	"math/rand/v2"
	"strings"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// tokenizerRules are those that hold whatever the tokenizer is, once for each, and what
// each of them finds.
func tokenizerRules() []rule {
	rules := findRules
	for _, by := range domain.Tokenizers {
		for _, r := range anyTokenizerRules {
			name := strings.Replace(r.name, "text:", "text: "+string(by)+":", 1)
			rules = append(rules, rule{name, func(s *suite) { s.by = by; r.check(s) }})
		}
	}
	return rules
}

var anyTokenizerRules = []rule{
	{"text: scores are BM25 after inserts, replacements and deletes", func(s *suite) {
		r := rand.New(rand.NewPCG(7, 7))
		s.putTexts(chunk("the cat", 1))
		for range 12 {
			var put []domain.Chunk
			db := s.find("texts")
			for range 10 {
				c := chunk(someText(r, r.IntN(9)), 1)
				if id := 1 + r.Int64N(db.Sequence); r.IntN(3) == 0 && len(s.chunks("texts", domain.Selection{IDs: []int64{id}})) > 0 {
					c.ID = id
				}
				put = append(put, c)
			}
			s.write(domain.Batch{Database: "texts", Put: put})
			s.write(domain.Batch{Database: "texts", Delete: []int64{r.Int64N(100), r.Int64N(100), r.Int64N(100)}})
		}
		for range 40 {
			q := ports.TextQuery{All: r.IntN(4) == 0, K: 10 + r.IntN(100)}
			s.agrees(someText(r, 1+r.IntN(4)), q)
			s.agrees(`"`+someText(r, 2)+`"`, q)
		}
	}},
	{"text: a chunk that is written twice in one batch has its last text", func(s *suite) {
		keyed := func(key, text string) domain.Chunk { c := chunk(text, 1); c.Key = key; return c }
		s.putTexts(keyed("a", "old"), keyed("b", "other"))
		s.putTexts(keyed("a", "middle"), keyed("c", "first"), keyed("a", "new"), keyed("c", "last"))
		s.finds("old middle first", ports.TextQuery{})
		s.finds("new", ports.TextQuery{}, 1)
		s.finds("last", ports.TextQuery{}, 3)
		s.write(domain.Batch{Database: "texts", Put: []domain.Chunk{keyed("b", "skipped")}, OnConflict: domain.Skip})
		s.finds("skipped", ports.TextQuery{})
		s.finds("other", ports.TextQuery{}, 2)
	}},
	{"text: no text of a user is an error", func(s *suite) {
		s.texts("cat", `say "hello" AND NOT (NEAR) text: col ^x + - * {a b}`)
		for _, text := range []string{`"`, `""`, `"""`, `cat"`, `"cat`, `'`, `*`, `**`, "cat*", "cat**", "*cat", `"cat"*`, "^cat", "text:cat", "text : cat",
			"-cat", "+cat", "NOT cat", "cat AND", "OR", "NEAR(cat, 2)", "(cat", "cat)", "{text}", "\x00", "cat\x00dog", "a\xffb", "\u200b", "ca\u0301t", ";--", `\"`, `" OR "`, "text_1", "💥"} {
			s.search(text, ports.TextQuery{})
			s.search(text, ports.TextQuery{All: true})
		}
		s.finds(`cat" OR "`, ports.TextQuery{}, 1)
		s.finds(`NEAR AND`, ports.TextQuery{All: true}, 2)
	}},
	{"text: what was written before a reopening is found as before", func(s *suite) {
		s.texts("the cat sat", "dogs", "東京都")
		s.reopen()
		s.putTexts(chunk("a black cat", 1), chunk("京都", 1))
		s.same("tokenizer", s.find("texts").FullText, s.by)
		s.finds("cat", ports.TextQuery{}, 1, 4)
		s.finds("東京都", ports.TextQuery{}, 3)
		s.agrees("cat dogs", ports.TextQuery{})
	}},
}

var findRules = []rule{
	{"text: words are found in the letters that people write for them", func(s *suite) {
		for _, by := range []domain.Tokenizer{domain.Words, domain.English, domain.Trigram} {
			s.by = by
			s.texts("Straße", "Ærø", "Łódź", "plain", "stone", "bread")
			s.finds("strasse", ports.TextQuery{}, 1)
			s.finds("STRASSE", ports.TextQuery{}, 1)
			s.finds("ærø", ports.TextQuery{}, 2)
			s.finds("aero", ports.TextQuery{}, 2)
			if err := s.repo.Drop(s.ctx, "texts", nil); err != nil {
				s.Fatal(err)
			}
		}
	}},
	{"text: words are whole words", func(s *suite) {
		s.texts("running", "東京都の天気", "WF-M5799DWF", "1,299.99", "run", "wf")
		s.finds("run", ports.TextQuery{}, 5)
		s.finds("東京", ports.TextQuery{})
		s.finds("M5799", ports.TextQuery{})
		s.finds("WF", ports.TextQuery{}, 6, 3)
	}},
	{"text: english finds words by their stems, and prefixes of words", func(s *suite) {
		s.by = domain.English
		s.texts("running cats", "he runs", "a university", "the universe", "stone", "bread", "cloudy", "salt")
		s.finds("run", ports.TextQuery{}, 1, 2)
		s.finds("Runs", ports.TextQuery{}, 1, 2)
		s.finds("cat", ports.TextQuery{}, 1)
		s.finds(`"run cat"`, ports.TextQuery{}, 1)
		s.finds("run cat", ports.TextQuery{All: true}, 1)
		s.finds("universit*", ports.TextQuery{}, 3)
		s.finds("university", ports.TextQuery{}, 3, 4)
		s.finds("runn*", ports.TextQuery{}, 1)
		s.finds("running*", ports.TextQuery{}, 1)
	}},
	{"text: trigram finds any part of a text, however short", func(s *suite) {
		s.by = domain.Trigram
		s.texts("東京都の天気", "WF-M5799DWF", "price 1,299.99", "red  Blue\tgreen", "C++ and C#", "京", "💥 ok", "stone")
		for text, want := range map[string][]int64{
			"東京": {1}, "京都の": {1}, "気": {1}, "天気": {1}, "京": {6, 1}, "東京都の天気": {1}, "都東": {}, "東都": {},
			"M5799": {2}, "5799": {2}, "f-m": {2}, "wf": {2}, "M5799*": {2}, "DWF": {2},
			"1299.99": {3}, "1,299.99": {3}, "299.9": {3}, "1299": {3}, "9.99": {3},
			`"red blue"`: {4}, `"d b"`: {4}, "een": {4}, "n": {8, 5, 4}, "c++": {5}, "c#": {5}, "++": {5}, "💥": {7},
			"stone xyz": {8}, "blue, green": {4}, "%": {}, "_": {}, "*": {},
		} {
			s.finds(text, ports.TextQuery{}, want...)
		}
		s.finds("red green", ports.TextQuery{All: true}, 4)
		s.finds("red stone", ports.TextQuery{All: true})
		s.finds("ston*", ports.TextQuery{}, 8)
	}},
	{"text: trigram scores are BM25 of parts", func(s *suite) {
		s.by = domain.Trigram
		r := rand.New(rand.NewPCG(11, 11))
		letters := []rune("ab東京 c")
		part := func(n int) string {
			out := make([]rune, n)
			for i := range out {
				out[i] = letters[r.IntN(len(letters))]
			}
			return string(out)
		}
		for range 5 {
			var put []domain.Chunk
			for range 20 {
				put = append(put, chunk(part(r.IntN(12)), 1))
			}
			s.putTexts(put...)
		}
		for range 60 {
			text := part(1 + r.IntN(6))
			if strings.TrimSpace(text) == "" {
				continue
			}
			s.agrees(text, ports.TextQuery{All: r.IntN(2) == 0, K: 50})
			s.agrees(`"`+text+`"`, ports.TextQuery{K: 50})
		}
	}},
}
