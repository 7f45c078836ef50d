package pdf

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// printable is how many letters ASCII has from the space on.
const printable = '~' - ' ' + 1

// standardWidths are the widths of the letters of ASCII from the space on, in thousandths of
// the size, in the fonts that every reader of PDF has, by Adobe's metrics: a file need not say
// them. Of Helvetica the oblique fonts are as wide as the others.
var standardWidths = map[string][printable]uint16{
	"times": {
		250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500, 500,
		500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889, 722, 722,
		556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500, 333, 444, 500, 444, 500, 444, 333, 500,
		500, 278, 278, 500, 278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
	},
	"times-bold": {
		250, 333, 555, 500, 500, 1000, 833, 278, 333, 333, 500, 570, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500, 500,
		500, 500, 333, 333, 570, 570, 570, 500, 930, 722, 667, 722, 722, 667, 611, 778, 778, 389, 500, 778, 667, 944, 722, 778,
		611, 778, 722, 556, 667, 722, 722, 1000, 722, 722, 667, 333, 278, 333, 581, 500, 333, 500, 556, 444, 556, 444, 333, 500,
		556, 278, 333, 556, 278, 833, 556, 500, 556, 556, 444, 389, 333, 556, 500, 722, 500, 500, 444, 394, 220, 394, 520,
	},
	"times-italic": {
		250, 333, 420, 500, 500, 833, 778, 214, 333, 333, 500, 675, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500, 500,
		500, 500, 333, 333, 675, 675, 675, 500, 920, 611, 611, 667, 722, 611, 611, 722, 722, 333, 444, 667, 556, 833, 667, 722,
		611, 722, 611, 500, 556, 722, 611, 833, 611, 556, 556, 389, 278, 389, 422, 500, 333, 500, 500, 444, 500, 444, 278, 500,
		500, 278, 278, 444, 278, 722, 500, 500, 500, 500, 389, 389, 278, 500, 444, 667, 444, 444, 389, 400, 275, 400, 541,
	},
	"times-bolditalic": {
		250, 389, 555, 500, 500, 833, 778, 278, 333, 333, 500, 570, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500, 500,
		500, 500, 333, 333, 570, 570, 570, 500, 832, 667, 667, 667, 722, 667, 667, 722, 778, 389, 500, 667, 611, 889, 722, 722,
		611, 722, 667, 556, 611, 722, 667, 889, 667, 611, 611, 333, 278, 333, 570, 500, 333, 500, 500, 444, 500, 444, 333, 500,
		556, 278, 278, 500, 278, 778, 556, 500, 500, 500, 389, 389, 278, 556, 444, 667, 500, 444, 389, 348, 220, 348, 570,
	},
	"helvetica": {
		278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
		556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
		667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
		556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
	},
	"helvetica-bold": {
		278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
		556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
		667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611,
		611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
	},
}

// otherWidths are about the widths of other letters in them.
var otherWidths = map[rune]float64{'‘': 333, '’': 333, '‚': 333, '“': 444, '”': 444, '„': 444, '•': 350, '…': 1000, '—': 1000}

// monospaced is how wide a letter of Courier is.
const monospaced = 600

// useStandard gives f, a font of which the file says no widths, those of the standard font
// called name. Of other fonts it knows nothing.
func (f *font) useStandard(name string) {
	name = strings.ToLower(name)
	if strings.Contains(name, "courier") {
		f.missing = monospaced
		return
	}
	widths, known := standardWidths[standardName(name)]
	if !known {
		return
	}
	for code := range 256 {
		width := 0.
		for _, r := range f.lettersOf(code) {
			if first, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r))); first >= ' ' && first <= '~' { // accents take no room
				width += float64(widths[first-' '])
			} else if w, ok := otherWidths[r]; ok {
				width += w
			} else {
				width += f.missing
			}
		}
		if width > 0 {
			f.widths[code] = width
		}
	}
}

// standardName returns which of standardWidths has the widths of the font called name.
func standardName(name string) string {
	bold, italic := strings.Contains(name, "bold"), strings.Contains(name, "italic") || strings.Contains(name, "oblique")
	switch {
	case strings.Contains(name, "helvetica") || strings.Contains(name, "arial"):
		if bold {
			return "helvetica-bold"
		}
		return "helvetica"
	case !strings.Contains(name, "times"):
		return ""
	case bold && italic:
		return "times-bolditalic"
	case bold:
		return "times-bold"
	case italic:
		return "times-italic"
	}
	return "times"
}
