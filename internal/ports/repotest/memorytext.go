package repotest

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.TextSearcher = (*Memory)(nil)

// FullText implements ports.TextSearcher.
func (m *Memory) FullText() error { return nil }

// SearchText implements ports.TextSearcher, for texts without diacritics and with words
// that the oracle knows the stems of.
func (m *Memory) SearchText(ctx context.Context, db domain.Database, q ports.TextQuery) ([]domain.TextMatch, error) {
	if err := m.lock(ctx); err != nil {
		return nil, err
	}
	defer m.unlock()
	d, err := m.find(db.ID)
	if err != nil || !d.info.SameLife(db) {
		return nil, domain.DatabaseNotFound(db.ID)
	}
	if q.K < 1 {
		return nil, domain.Errorf(domain.ErrInvalid, "k must be at least 1, got %d", q.K)
	}
	if d.info.FullText == "" {
		return nil, domain.NoFullText(db.ID)
	}
	return rankTexts(d.chunks, d.info.FullText, q), nil
}

// thousands finds separators of thousands, one in each group of digits.
var thousands = regexp.MustCompile(`([0-9]),([0-9]{3})`)

// words takes a text apart as the tokenizer by does. Where stems count it returns those.
func words(text string, by domain.Tokenizer, stems bool) []string {
	text = strings.NewReplacer("ß", "ss", "æ", "ae", "ø", "o", "ł", "l").Replace(strings.ToLower(text))
	if by == domain.Trigram {
		text = thousands.ReplaceAllString(text, "$1$2")
		return strings.Split(strings.Join(strings.Fields(text), " "), "") // every character
	}
	list := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	for i, w := range list {
		if stem, known := knownStems[w]; known && stems {
			list[i] = stem
		}
	}
	return list
}

// knownStems are those of the words that the rules use, as the Snowball project lists them.
var knownStems = map[string]string{
	"running": "run", "runs": "run", "cats": "cat", "dogs": "dog", "clouds": "cloud", "rivers": "river", "stones": "stone", "university": "univers",
	"universities": "univers", "universe": "univers", "raining": "rain", "away": "away", "happy": "happi", "happiness": "happi",
}

// rankTexts answers q by comparing every chunk: it is what the suite compares with.
func rankTexts(chunks map[int64]domain.Chunk, by domain.Tokenizer, q ports.TextQuery) []domain.TextMatch {
	texts, stems, total := map[int64][]string{}, map[int64][]string{}, 0
	for id, c := range chunks {
		texts[id], stems[id] = words(c.Text, by, false), words(c.Text, by, by == domain.English)
		total += len(texts[id])
	}
	average := float64(total) / float64(len(chunks))
	scores, hit := map[int64]float64{}, map[int64]int{}
	for _, t := range q.Terms {
		counts := map[int64]int{}
		in, phrase := stems, words(t.Text, by, by == domain.English)
		if t.Prefix {
			in, phrase = texts, words(t.Text, by, false)
		}
		for id, text := range in {
			if n := occurrences(text, phrase, t.Prefix); n > 0 {
				counts[id] = n
			}
		}
		n, all := float64(len(counts)), float64(len(chunks))
		idf := math.Log((all - n + 0.5) / (n + 0.5))
		if idf <= 0 {
			idf = 1e-6
		}
		for id, count := range counts {
			f := float64(count)
			scores[id] += idf * f * 2.2 / (f + 1.2*(0.25+0.75*float64(len(texts[id]))/average))
			hit[id]++
		}
	}
	out := []domain.TextMatch{}
	for id, score := range scores {
		c := chunks[id]
		if q.All && hit[id] < len(q.Terms) || q.Allow != nil && !q.Allow.Contains(id) ||
			!q.Now.IsZero() && !c.ExpiresAt.IsZero() && !c.ExpiresAt.After(q.Now) {
			continue
		}
		out = append(out, domain.TextMatch{ID: id, Score: float32(score), Sequence: c.Sequence})
	}
	slices.SortFunc(out, domain.TextMatch.Compare)
	return out[:min(q.K, len(out))]
}

// occurrences counts how often phrase stands in text.
func occurrences(text, phrase []string, prefix bool) int {
	n := 0
	for i := 0; i+len(phrase) <= len(text); i++ {
		last := len(phrase) - 1
		if !slices.Equal(text[i:i+last], phrase[:last]) {
			continue
		}
		if text[i+last] == phrase[last] || prefix && strings.HasPrefix(text[i+last], phrase[last]) {
			n++
		}
	}
	return n
}
