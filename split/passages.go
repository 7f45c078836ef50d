package split

import (
	"slices"
	"strings"
)

// The defaults of Options.
const (
	DefaultTokens  = 256
	DefaultOverlap = 32
)

// Options configure Passages. The zero value, and nil, mean the defaults.
type Options struct {
	Tokens  int // size of a passage, about; 0: 256
	Overlap int // of the passage before, in tokens, within a section; 0: 32, below 0: none
}

// sizes returns the options with their defaults. The overlap is at most half a passage.
func (o *Options) sizes() (tokens, overlap int) {
	tokens, overlap = DefaultTokens, DefaultOverlap
	if o != nil && o.Tokens > 0 {
		tokens = o.Tokens
	}
	if o != nil && o.Overlap != 0 {
		overlap = max(o.Overlap, 0)
	}
	return tokens, min(overlap, tokens/2)
}

// Passages returns the document in passages, in order. Every letter of its blocks is in one
// of them. A passage is larger than asked for by what it repeats of the one before, or by
// its headings, up to an eighth; never by more. Title and Headings, which all passages
// repeat, are cut at 200 runes. o may be nil.
func (d *Document) Passages(o *Options) []Passage {
	p := packer{title: short(d.Title)}
	p.tokens, p.overlap = o.sizes()
	for _, b := range d.Blocks {
		if b.Kind == Heading {
			p.heading(b)
			continue
		}
		for _, u := range units(b, p.tokens) {
			p.add(u)
		}
	}
	p.flush()
	return p.out
}

// unit is a piece that is not cut any more.
type unit struct {
	text   string
	before string // what separates it from the unit before, if both are in a passage
	line   int
	kind   Kind
	size   int
}

// packer puts units together.
type packer struct {
	title           string
	tokens, overlap int
	path            []Block  // the headings above
	headings        []string // path when the passage was begun
	units           []unit   // of the passage at hand
	size            int      // of units
	body            bool     // units has more than headings
	fresh           bool     // units has more than what overlaps
	out             []Passage
}

// heading ends the passage at hand, unless it has nothing but headings.
func (p *packer) heading(b Block) {
	if p.body {
		p.flush()
		p.units, p.size, p.body = nil, 0, false
	}
	for len(p.path) > 0 && p.path[len(p.path)-1].Level >= b.Level {
		p.path = p.path[:len(p.path)-1]
	}
	b.Name = short(b.name())
	p.path = append(p.path, b)
	for _, u := range units(b, p.tokens) {
		p.add(u)
	}
	p.body = false
}

// add appends a unit, in a new passage if the one at hand would become too large.
func (p *packer) add(u unit) {
	most := p.tokens
	if !p.body {
		most += p.tokens / 8 // rather than leave headings behind alone
	}
	if p.fresh && p.size+u.size > most {
		last := p.units[len(p.units)-1]
		p.flush()
		p.units, p.size, p.body = nil, 0, false
		if tail := p.tail(last); tail.size > 0 && tail.size+u.size <= p.tokens+p.overlap {
			p.units, p.size = []unit{tail}, tail.size
		}
	}
	p.units = append(p.units, u)
	p.size += u.size
	p.body, p.fresh = true, true
	p.headings = p.headings[:0]
	for _, h := range p.path {
		p.headings = append(p.headings, h.Name)
	}
}

// flush ends the passage at hand.
func (p *packer) flush() {
	if !p.fresh {
		return
	}
	var b strings.Builder
	for i, u := range p.units {
		if i > 0 {
			b.WriteString(u.before)
		}
		b.WriteString(u.text)
	}
	text := b.String()
	p.out = append(p.out, Passage{Text: text, Title: p.title, Headings: slices.Clone(p.headings), Line: p.units[0].line, Hash: Hash(text)})
	p.fresh = false
}

// tail returns the end of u that the next passage repeats: whole sentences, or lines of
// code, as many as the overlap takes.
func (p *packer) tail(u unit) unit {
	if u.kind == Heading || p.overlap == 0 {
		return unit{}
	}
	pieces := slices.Collect(cut(u.text, u.kind))
	at, size := len(u.text), 0
	for _, piece := range slices.Backward(pieces) {
		n := Tokens(piece)
		if size+n > p.overlap {
			break
		}
		at, size = at-len(piece), size+n
	}
	kept := u.text[at:]
	text := strings.TrimLeft(kept, "\r\n")
	return unit{text: text, line: u.line + strings.Count(u.text[:len(u.text)-len(text)], "\n"), kind: u.kind, size: size}
}

// name returns the heading as it stands on the path.
func (b *Block) name() string {
	if b.Name != "" {
		return b.Name
	}
	return strings.Join(strings.Fields(b.Text), " ")
}

// longName is how many runes of a title or heading each passage repeats: a file that is one
// heading would be stored once for each of its passages.
const longName = 200

// short returns name, or its beginning and an ellipsis if it is too long.
func short(name string) string {
	cut, n := 0, 0
	for at := range name {
		if n++; n == longName {
			cut = at
		}
		if n > longName {
			return name[:cut] + "…"
		}
	}
	return name
}
