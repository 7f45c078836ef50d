package pdf

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/memista/memista/split"
)

// maxHeading is how many letters a heading has at most.
const maxHeading = 200

// blocks puts lines together to paragraphs and headings.
func blocks(all []line) []split.Block {
	all = withoutMargins(all)
	body := bodySize(all)
	levels := headingSizes(all, body)
	leading := usualLeading(all)
	var out []split.Block
	for i := 0; i < len(all); {
		n := 1
		for i+n < len(all) && goesOn(all[i+n-1], all[i+n], leading) {
			n++
		}
		out = append(out, block(all[i:i+n], levels, body))
		i += n
	}
	return out
}

// block makes one of lines that belong together.
func block(part []line, levels []float64, body float64) split.Block {
	b := split.Block{Text: join(part), Line: part[0].page}
	bold := true
	for _, l := range part {
		bold = bold && l.bold
	}
	level := slices.Index(levels, round(part[0].size)) + 1
	if level == 0 && bold && part[0].size >= 0.95*body && !strings.ContainsAny(lastLetter(b.Text), ".,;:") {
		level = len(levels) + 1
	}
	if level > 0 && utf8.RuneCountInString(b.Text) <= maxHeading && strings.ContainsFunc(b.Text, unicode.IsLetter) {
		b.Kind, b.Level = split.Heading, level
		b.Text = strings.ReplaceAll(b.Text, "\n", " ")
	}
	return b
}

// bullets begin points of a list.
const bullets = "•‣◦▪■●○·*–"

func firstLetter(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

func lastLetter(s string) string {
	_, n := utf8.DecodeLastRuneInString(s)
	return s[len(s)-n:]
}

// goesOn reports whether next is of the paragraph that last is of.
func goesOn(last, next line, leading float64) bool {
	down, size := last.base-next.base, math.Max(last.size, next.size)
	switch {
	case last.page != next.page, math.Abs(last.turn-next.turn) > 0.1, math.Abs(last.size-next.size) > 0.1*size, last.bold != next.bold:
		return false
	case math.Abs(down) < sameBase*size: // cells of a row
		return true
	case strings.ContainsAny(firstLetter(next.text), bullets), down < 0 || down > math.Max(1.35*leading, 1.6*size):
		return false
	}
	indent := next.from - last.from
	return indent < 0.8*size || indent > 8*size || begins(next.text, unicode.IsLower)
}

func begins(s string, is func(rune) bool) bool {
	return strings.ContainsFunc(firstLetter(s), is)
}

// join puts the lines of a paragraph together, and words that were divided at the end of
// one.
func join(part []line) string {
	var b strings.Builder
	for i, l := range part {
		text := l.text
		if i == 0 {
			b.WriteString(text)
			continue
		}
		before := b.String()
		stem, divided := strings.CutSuffix(before, "-")
		r, _ := utf8.DecodeLastRuneInString(stem)
		if divided && unicode.IsLower(r) && begins(text, unicode.IsLower) {
			b.Reset()
			b.WriteString(stem)
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(text)
	}
	return b.String()
}

func round(size float64) float64 { return math.Round(2*size) / 2 }

// bodySize returns the size that most letters have.
func bodySize(all []line) float64 {
	letters := map[float64]int{}
	for _, l := range all {
		letters[round(l.size)] += len(l.text)
	}
	most, size := 0, 0.
	for s, n := range letters {
		if n > most || n == most && s < size {
			most, size = n, s
		}
	}
	return size
}

// headingSizes returns the sizes of headings, the largest first: those that are larger than
// that of the text.
func headingSizes(all []line, body float64) (sizes []float64) {
	for _, l := range all {
		if s := round(l.size); s >= 1.15*body && !slices.Contains(sizes, s) {
			sizes = append(sizes, s)
		}
	}
	slices.Sort(sizes)
	slices.Reverse(sizes)
	return sizes[:min(len(sizes), 5)]
}

// usualLeading returns the distance that most lines have from the one before.
func usualLeading(all []line) float64 {
	var down []float64
	for i := 1; i < len(all); i++ {
		d := all[i-1].base - all[i].base
		if all[i].page == all[i-1].page && d > 0.5*all[i].size && d < 3*all[i].size {
			down = append(down, d)
		}
	}
	if len(down) == 0 {
		return 0
	}
	slices.Sort(down)
	return down[len(down)/2]
}

// withoutMargins leaves out what stands at the top or the end of most pages, such as a
// running title, and the numbers of pages there.
func withoutMargins(all []line) []line {
	edge := map[int]bool{}
	for i, l := range all {
		if i == 0 || all[i-1].page != l.page {
			edge[i] = true
		}
		if i == len(all)-1 || all[i+1].page != l.page {
			edge[i] = true
		}
	}
	counts, pages := map[string]int{}, map[int]bool{}
	for i := range all {
		pages[all[i].page] = true
		if edge[i] {
			counts[withoutNumbers(all[i].text)]++
		}
	}
	var out []line
	for i, l := range all {
		same := withoutNumbers(l.text)
		if edge[i] && len(pages) > 1 && (isNumber(same) || len(pages) > 2 && counts[same] > len(pages)/2) {
			continue
		}
		out = append(out, l)
	}
	return out
}

// isNumber reports whether text, of withoutNumbers, is the number of a page, or that and how
// many there are.
func isNumber(text string) bool {
	text = strings.Trim(text, "-–—[]() ")
	return text == "#" || strings.ReplaceAll(text, " ", "") == "#/#"
}

// withoutNumbers returns text with # in place of each number.
func withoutNumbers(text string) string {
	var b strings.Builder
	number := false
	for _, r := range text {
		if unicode.IsDigit(r) {
			if !number {
				b.WriteByte('#')
			}
			number = true
			continue
		}
		number = false
		b.WriteRune(r)
	}
	return b.String()
}
