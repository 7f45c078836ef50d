package split

import (
	"crypto/sha256"
	"encoding/hex"
	"unicode"
	"unicode/utf8"
)

// letters is how many bytes of a word make a token, about: models split words that are
// longer than common ones.
const letters = 5

// Tokens estimates how many tokens a model makes of text: one of each 5 bytes begun of a
// word or number, one of each other sign. Tokenizers of models differ among each other by
// more than this differs from them for prose; for random letters it is too low.
func Tokens(text string) int {
	n, word := 0, 0
	for _, r := range text {
		if (unicode.IsLetter(r) || unicode.IsDigit(r)) && !ideograph(r) {
			word += utf8.RuneLen(r)
			continue
		}
		n += (word + letters - 1) / letters
		word = 0
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n + (word+letters-1)/letters
}

// ideograph reports whether r is a token by itself, in scripts without spaces.
func ideograph(r rune) bool {
	const first = '\u0e01' // of Thai
	return r >= first && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer)
}

// Hash returns the first 16 bytes of the SHA-256 of text, in hexadecimal digits.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}
