package pdf

import (
	"errors"
	"fmt"
	"io"
	"math"

	library "github.com/ledongthuc/pdf"
)

// What is read of a file is bounded; the process that reads it is, too.
const (
	maxContent  = 64 << 20 // bytes of the content of a page, unpacked
	maxOperands = 64       // before an operator; it takes six at most
	maxForms    = 8        // forms in forms
	maxSaved    = 256      // states
)

// matrix is a, b, c, d, e, f of a transformation.
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// times returns m and then n.
func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// state is what q saves.
type state struct {
	ctm                                           matrix
	font                                          *font
	size, chars, words, stretch, leading, raising float64
}

// page reads the content of a page: it moves a pen and hands what is shown to out.
type page struct {
	out    *lines
	budget int              // bytes of content that may follow
	fonts  map[string]*font // of all pages

	state
	saved     []state
	text, row matrix
}

// readPage hands what v, a page, shows to out, and keeps the fonts that it reads in fonts.
func readPage(v library.Value, fonts map[string]*font, out *lines) error {
	p := &page{out: out, budget: maxContent, fonts: fonts}
	p.state = state{ctm: identity, stretch: 1}
	p.text, p.row = identity, identity
	return p.run(v.Key("Contents"), inherited(v, "Resources"), 0)
}

// inherited returns what v, or else a page tree above it, has under key.
func inherited(v library.Value, key string) library.Value {
	const maxDepth = 64
	for range maxDepth {
		if found := v.Key(key); !found.IsNull() {
			return found
		}
		if v = v.Key("Parent"); v.IsNull() {
			break
		}
	}
	return library.Value{}
}

// run reads content that takes its fonts and forms from resources.
func (p *page) run(content, resources library.Value, depth int) error {
	raw, err := p.load(content)
	if err != nil {
		return err
	}
	s := scanner{in: raw}
	var args []operand
	for {
		o := s.next()
		switch {
		case o.kind == end:
			return nil
		case o.kind != operator:
			if len(args) < maxOperands {
				args = append(args, o)
			}
			continue
		}
		switch op := string(o.raw); op {
		case "BI":
			s.skipImage()
		case "Do":
			err = p.form(args, resources, depth)
		case "Tf":
			p.setFont(args, resources)
		default:
			p.do(op, args)
		}
		if err != nil {
			return err
		}
		args = args[:0]
	}
}

// load returns content, which is a stream or a list of them.
func (p *page) load(content library.Value) (raw []byte, err error) {
	parts := []library.Value{content}
	if content.Kind() == library.Array {
		parts = parts[:0]
		for i := range content.Len() {
			parts = append(parts, content.Index(i))
		}
	}
	for _, v := range parts {
		if v.Kind() != library.Stream {
			continue
		}
		part, err := io.ReadAll(io.LimitReader(v.Reader(), int64(p.budget)+1))
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // what is there of a stream that was cut short is read
			return nil, err
		}
		if p.budget -= len(part); p.budget < 0 {
			return nil, fmt.Errorf("its content is larger than %d MiB", maxContent>>20)
		}
		raw = append(append(raw, part...), '\n')
	}
	return raw, nil
}

// form reads a form that is shown on the page.
func (p *page) form(args []operand, resources library.Value, depth int) error {
	if len(args) == 0 {
		return nil
	}
	v := resources.Key("XObject").Key(string(args[0].raw))
	if v.Kind() != library.Stream || v.Key("Subtype").Name() != "Form" {
		return nil
	}
	if depth >= maxForms {
		return fmt.Errorf("forms are nested deeper than %d", maxForms)
	}
	before, saved := p.state, p.saved
	if m := v.Key("Matrix"); m.Len() == 6 {
		var own matrix
		for i := range own {
			own[i] = m.Index(i).Float64()
		}
		p.ctm = own.times(p.ctm)
	}
	if own := v.Key("Resources"); !own.IsNull() {
		resources = own
	}
	err := p.run(v, resources, depth+1)
	p.state, p.saved = before, saved
	return err
}

func (p *page) setFont(args []operand, resources library.Value) {
	if len(args) < 2 {
		return
	}
	v := resources.Key("Font").Key(string(args[0].raw))
	id := v.String() // with the numbers of the objects that it is made of
	if p.fonts[id] == nil {
		p.fonts[id] = newFont(v)
	}
	p.font, p.size = p.fonts[id], args[1].num
}

// do is one operator. Those that are about no text do nothing.
func (p *page) do(op string, args []operand) {
	n := make([]float64, 6) // missing numbers are 0
	for i := range min(len(args), len(n)) {
		n[i] = args[i].num
	}
	switch op {
	case "q":
		if len(p.saved) < maxSaved {
			p.saved = append(p.saved, p.state)
		}
	case "Q":
		if last := len(p.saved) - 1; last >= 0 {
			p.state, p.saved = p.saved[last], p.saved[:last]
		}
	case "cm":
		p.ctm = matrix(n).times(p.ctm)
	case "BT":
		p.text, p.row = identity, identity
	case "Tc":
		p.chars = n[0]
	case "Tw":
		p.words = n[0]
	case "Tz":
		p.stretch = n[0] / 100
	case "TL":
		p.leading = n[0]
	case "Ts":
		p.raising = n[0]
	default:
		p.doText(op, args, n)
	}
}

// doText is an operator that moves the pen or shows text.
func (p *page) doText(op string, args []operand, n []float64) {
	switch op {
	case "Td":
		p.move(n[0], n[1])
	case "TD":
		p.leading = -n[1]
		p.move(n[0], n[1])
	case "Tm":
		p.row = matrix(n)
		p.text = p.row
	case "T*":
		p.move(0, -p.leading)
	case "\"":
		p.words, p.chars = n[0], n[1]
		p.move(0, -p.leading)
		p.show(args)
	case "'":
		p.move(0, -p.leading)
		p.show(args)
	case "Tj", "TJ":
		p.show(args)
	}
}

func (p *page) move(x, y float64) {
	p.row = matrix{1, 0, 0, 1, x, y}.times(p.row)
	p.text = p.row
}

// show shows the last operand: a string, or a list of strings and distances.
func (p *page) show(args []operand) {
	if len(args) == 0 || p.font == nil {
		return
	}
	o := args[len(args)-1]
	for _, item := range append(o.items, operand{kind: o.kind, raw: o.raw}) {
		if item.kind == number {
			p.advance(-item.num / 1000 * p.size)
			continue
		}
		if item.kind == text {
			p.font.glyphs(item.raw, p.draw)
		}
	}
}

func (p *page) advance(x float64) {
	p.text = matrix{1, 0, 0, 1, x * p.stretch, 0}.times(p.text)
}

// tight is up to which part of the size a space that was made narrower is none: some
// programs write kerning so.
const tight = 0.1

func (p *page) draw(g glyph) {
	x := g.width*p.size + p.chars
	if g.blank {
		x += p.words
	}
	if kerning := g.letters == " " && g.width > tight && x < tight*p.size; !kerning {
		p.mark(g)
	}
	p.advance(x)
}

// mark hands g, where the pen is, to out.
func (p *page) mark(g glyph) {
	m := matrix{p.size * p.stretch, 0, 0, p.size, 0, p.raising}.times(p.text).times(p.ctm)
	length := math.Hypot(m[0], m[1])
	if length == 0 || math.IsInf(length, 0) {
		return
	}
	ux, uy := m[0]/length, m[1]/length
	p.out.add(mark{
		letters: g.letters, bold: p.font.bold, size: math.Hypot(m[2], m[3]), turn: math.Atan2(uy, ux),
		along: m[4]*ux + m[5]*uy, base: m[5]*ux - m[4]*uy, width: g.width * length,
	})
}
