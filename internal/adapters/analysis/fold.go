package analysis

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/memista/memista/internal/domain"
)

// letters are those that Unicode takes for letters of their own and people write in
// another way, in lower case.
var letters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th",
	'ħ': "h", 'ı': "i", 'ŋ': "n", 'ŧ': "t", 'ς': "σ", 'ё': "е",
}

// fold returns a text in the form in which it is compared: in lower case, without the
// diacritics of Latin and Greek letters, with other letters for those in the table above,
// and with the plain form of characters that have one (full and half width, ligatures,
// superscripts), but for symbols. Soft hyphens and joiners, which are invisible, are removed;
// bytes that are not UTF-8 and control characters are spaces.
func fold(text string) string {
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' || c < ' ' || c == 0x7f {
			return foldAny(text)
		}
	}
	return text
}

func foldAny(text string) string {
	f := folder{out: make([]byte, 0, len(text)+len(text)/8)}
	for i, r := range text {
		switch {
		case r < utf8.RuneSelf:
			f.write(r)
		case r == utf8.RuneError:
			f.write(' ')
		case domain.IsInvisible(r):
		case unicode.IsSymbol(r) && (r < 0xFF01 || r > 0xFFEE): // ™ is not the letters tm
			f.write(r)
		default:
			f.decompose(r, text[i:])
		}
	}
	if f.compose {
		return string(norm.NFC.Bytes(f.out))
	}
	return string(f.out)
}

// folder folds one text.
type folder struct {
	out     []byte
	bare    bool // the letter before has no diacritics in its folded form
	compose bool // something was taken apart that may have to be put together again
}

// decompose writes r, which rest begins with, in its plain form.
func (f *folder) decompose(r rune, rest string) {
	d := norm.NFKD.PropertiesString(rest).Decomposition()
	if _, whole := letters[unicode.ToLower(r)]; whole || d == nil {
		f.write(r)
		return
	}
	for len(d) > 0 {
		r, size := utf8.DecodeRune(d)
		f.write(r)
		d = d[size:]
	}
}

func (f *folder) write(r rune) {
	switch {
	case r < utf8.RuneSelf:
		f.bare = true
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		} else if r < ' ' || r == 0x7f {
			r = ' '
		}
		f.out = append(f.out, byte(r))
		return
	case unicode.IsControl(r):
		r = ' '
	case unicode.IsMark(r):
		if f.bare && r >= 0x300 && r <= 0x36F || r == 0x308 && bytes.HasSuffix(f.out, []byte("е")) {
			return
		}
		f.compose = true
	default:
		r = unicode.ToLower(r)
		f.bare = unicode.In(r, unicode.Latin, unicode.Greek)
		f.compose = f.compose || r >= 0x1100 && r <= 0x11FF // parts of Korean syllables
	}
	if plain, ok := letters[r]; ok {
		f.out = append(f.out, plain...)
		return
	}
	f.out = utf8.AppendRune(f.out, r)
}
