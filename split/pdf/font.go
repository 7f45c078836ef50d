package pdf

import (
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	library "github.com/ledongthuc/pdf"
	"golang.org/x/text/encoding/charmap"
)

const (
	maxCodes = 1 << 16 // that a font may have
	maxMap   = 8 << 20 // bytes of a character map
	usual    = 0.5     // width of a glyph, in parts of the size, where nothing says more
)

// font tells what the codes in a string are.
type font struct {
	wide    bool // a code has two bytes
	bold    bool
	unicode map[int]string
	widths  map[int]float64
	missing float64 // width of the codes that have none
	scale   float64 // of the widths
	encoder library.TextEncoding
	own     bool        // the codes are those of the font's program, which is not read
	letters [256]string // as encoder has it, "" where it was not asked
}

// newFont reads a font of the file.
func newFont(v library.Value) *font {
	base := library.Font{V: v}
	f := &font{scale: 1. / 1000, missing: usual * 1000, widths: map[int]float64{}, unicode: map[int]string{}}
	f.bold = strings.Contains(strings.ToLower(base.BaseFont()), "bold")
	one := false
	if m := v.Key("ToUnicode"); m.Kind() == library.Stream {
		one = f.readMap(m)
	}
	if v.Key("Subtype").Name() == "Type0" {
		f.wide = !one
		f.readWide(v.Key("DescendantFonts").Index(0))
		return f
	}
	f.readNames(v.Key("Encoding").Key("Differences"))
	f.encoder, f.own = base.Encoder(), v.Key("Encoding").IsNull()
	if v.Key("Subtype").Name() == "Type3" {
		if m := v.Key("FontMatrix").Index(0).Float64(); m > 0 {
			f.scale, f.missing = m, usual/m
		}
	}
	first, widths := int(v.Key("FirstChar").Int64()), v.Key("Widths")
	for i := range min(widths.Len(), 256) {
		f.widths[first+i] = widths.Index(i).Float64()
	}
	if widths.Len() == 0 {
		f.useStandard(base.BaseFont())
	}
	return f
}

// readWide reads the widths of a font with codes of two bytes.
func (f *font) readWide(v library.Value) {
	f.missing = 1000
	if w := v.Key("DW"); w.Kind() != library.Null {
		f.missing = w.Float64()
	}
	w := v.Key("W")
	for i, n := 0, min(w.Len(), maxCodes); i+1 < n; {
		first := int(w.Index(i).Int64())
		if each := w.Index(i + 1); each.Kind() == library.Array {
			for k := range min(each.Len(), maxCodes-len(f.widths)) {
				f.widths[first+k] = each.Index(k).Float64()
			}
			i += 2
			continue
		}
		last, width := int(w.Index(i+1).Int64()), w.Index(i+2).Float64()
		for code := first; code <= last && len(f.widths) < maxCodes; code++ {
			f.widths[code] = width
		}
		i += 3
	}
}

// readMap reads which letters the codes are. It reports whether they have one byte.
func (f *font) readMap(v library.Value) (one bool) {
	raw, err := io.ReadAll(io.LimitReader(v.Reader(), maxMap))
	if err != nil {
		return false
	}
	s := scanner{in: raw}
	var args []operand
	for {
		o := s.next()
		switch {
		case o.kind == end:
			return one
		case o.kind != operator:
			args = append(args, o)
			continue
		}
		switch string(o.raw) {
		case "endcodespacerange":
			one = len(args) > 1 && len(args[len(args)-1].raw) == 1
		case "endbfchar":
			for ; len(args) >= 2; args = args[2:] {
				f.name(args[0], letters(args[1].raw))
			}
		case "endbfrange":
			for ; len(args) >= 3; args = args[3:] {
				f.nameRange(args[0], args[1], args[2])
			}
		}
		args = args[:0]
	}
}

// readNames reads names of glyphs that say a number, as uni0416 and u1D44F.st do: the library
// knows all others.
func (f *font) readNames(v library.Value) {
	code := 0
	for i := range min(v.Len(), maxCodes) {
		o := v.Index(i)
		if o.Kind() != library.Name {
			code = int(o.Int64())
			continue
		}
		digits, _, _ := strings.Cut(o.Name(), ".")
		digits, short := strings.CutPrefix(digits, "uni")
		if !short {
			digits = strings.TrimPrefix(digits, "u")
		}
		r, err := strconv.ParseUint(digits, 16, 32)
		if _, known := f.unicode[code]; !known && err == nil && len(digits) >= 4 && len(digits) < len(o.Name()) {
			f.unicode[code] = string(rune(r))
		}
		code++
	}
}

func (f *font) name(code operand, letters string) {
	if len(f.unicode) < maxCodes {
		f.unicode[number16(code.raw)] = letters
	}
}

// nameRange names the codes from first to last: one after the other, or as the list says.
func (f *font) nameRange(first, last, to operand) {
	from, until := number16(first.raw), number16(last.raw)
	if to.kind == list {
		for i := range min(len(to.items), until-from+1) {
			f.unicode[from+i] = letters(to.items[i].raw)
		}
		return
	}
	units := units(to.raw)
	for code := from; code <= until && len(units) > 0 && len(f.unicode) < maxCodes; code++ {
		f.unicode[code] = string(utf16.Decode(units))
		units[len(units)-1]++
	}
}

// glyph is one code of a string.
type glyph struct {
	letters string
	width   float64 // in parts of the size
	blank   bool    // the code is a space, which word spacing applies to
}

// glyphs returns what a string shows.
func (f *font) glyphs(raw []byte, each func(glyph)) {
	step := 1
	if f.wide {
		step = 2
	}
	for ; len(raw) >= step; raw = raw[step:] {
		code := number16(raw[:step])
		w, ok := f.widths[code]
		if !ok {
			w = f.missing
		}
		each(glyph{letters: f.lettersOf(code), width: w * f.scale, blank: step == 1 && code == ' '})
	}
}

// lettersOf returns the letters of a code, "" if nothing says which they are.
func (f *font) lettersOf(code int) string {
	if s, ok := f.unicode[code]; ok {
		return s
	}
	if f.encoder == nil || code > 255 {
		return ""
	}
	if at := code - 0x0b; f.own && at >= 0 && at < len(ligatures) {
		return ligatures[at]
	}
	if f.letters[code] == "" {
		s := f.encoder.Decode(string([]byte{byte(code)}))
		if r := []rune(s); len(r) == 1 && r[0] >= 0x80 && r[0] < 0xa0 { // left as it is, where an encoding has only differences
			s = string(charmap.Windows1252.DecodeByte(byte(code)))
		}
		f.letters[code] = s
	}
	return f.letters[code]
}

// ligatures are the codes from 11 on in the fonts of TeX, which give no others a meaning.
var ligatures = [...]string{"ff", "fi", "fl", "ffi", "ffl"}

// number16 returns the number that at most four bytes are.
func number16(raw []byte) (n int) {
	for _, b := range raw[:min(len(raw), 4)] {
		n = n<<8 | int(b)
	}
	return n
}

// units returns raw as UTF-16.
func units(raw []byte) []uint16 {
	out := make([]uint16, 0, len(raw)/2+1)
	if len(raw) == 1 {
		return append(out, uint16(raw[0]))
	}
	for i := 0; i+1 < min(len(raw), 128); i += 2 {
		out = append(out, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return out
}

func letters(raw []byte) string { return string(utf16.Decode(units(raw))) }
