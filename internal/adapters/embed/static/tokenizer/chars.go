package tokenizer

import "unicode"

// isPunctuation tells what BERT splits at: punctuation, and all of ASCII that is neither
// letter, digit, space nor control.
func isPunctuation(r rune) bool {
	if r < 128 {
		return r > ' ' && r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z' && r < 127
	}
	return unicode.IsPunct(r)
}

// isWord tells whether r is of a word, \w in regular expressions.
func isWord(r rune) bool {
	if r < 128 {
		return r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.In(r, unicode.Nd, unicode.Nl, unicode.Pc,
		unicode.Other_Alphabetic, unicode.Join_Control)
}

// isControl tells whether BERT drops r: controls but for tab and the ends of lines, what
// formats, and what is for private use.
func isControl(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return false
	case r < 128:
		return r < ' ' || r == 127
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co)
}

// isChinese tells whether r is an ideograph, which BERT takes for a word.
func isChinese(r rune) bool {
	return r >= 0x3400 && (r >= 0x4E00 && r <= 0x9FFF || r <= 0x4DBF || r >= 0xF900 && r <= 0xFAFF ||
		r >= 0x20000 && r <= 0x2A6DF || r >= 0x2A700 && r <= 0x2B73F || r >= 0x2B740 && r <= 0x2B81F ||
		r >= 0x2B920 && r <= 0x2CEAF || r >= 0x2F800 && r <= 0x2FA1F)
}

// lower appends r in lower case, as one character at a time has it: without regard to the
// end of a word. Only one letter becomes two characters.
func lower(dst []byte, r rune) []byte {
	switch {
	case r < 128:
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(dst, byte(r))
	case r == 'İ':
		return append(dst, "i̇"...)
	}
	return appendRune(dst, unicode.ToLower(r))
}
