package split

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// units returns b in pieces of at most size tokens: whole if it fits, else cut where that
// hurts least.
func units(b Block, size int) []unit {
	text := strings.TrimRightFunc(b.Text, unicode.IsSpace)
	if strings.TrimSpace(text) == "" {
		return nil
	}
	between := "\n\n"
	if n := Tokens(text); n <= size {
		return []unit{{text: text, before: between, line: b.Line, kind: b.Kind, size: n}}
	}
	var out []unit
	line := b.Line
	for _, piece := range fit(text, b.Kind, size) {
		lead := len(piece) - len(strings.TrimLeft(piece, "\r\n"))
		inner := strings.TrimRightFunc(piece[lead:], unicode.IsSpace)
		line += strings.Count(piece[:lead], "\n")
		if strings.TrimSpace(inner) != "" {
			out = append(out, unit{text: inner, before: between, line: line, kind: b.Kind, size: Tokens(inner)})
		}
		line += strings.Count(piece[lead:], "\n")
		between = piece[lead+len(inner):] // as it stood in the text
	}
	return out
}

// fit cuts text into pieces of at most size tokens, which together are the text: at blank
// lines, then at lines or sentences, then at words, then anywhere. Pieces that go together
// are put together again.
func fit(text string, kind Kind, size int) []string {
	pieces := paragraphs(text)
	for _, finer := range []func(string) []string{func(s string) []string { return cut(s, kind) }, words, runes} {
		var next []string
		whole := true
		for _, piece := range pieces {
			if Tokens(piece) <= size {
				next = append(next, piece)
				continue
			}
			whole = false
			next = append(next, join(finer(piece), size)...)
		}
		if pieces = next; whole {
			break
		}
	}
	return join(pieces, size)
}

// join puts neighbors together as far as size allows.
func join(pieces []string, size int) []string {
	var out []string
	var b strings.Builder
	have := 0
	for _, piece := range pieces {
		n := Tokens(piece)
		if have > 0 && have+n > size {
			out = append(out, b.String())
			b.Reset()
			have = 0
		}
		b.WriteString(piece)
		have += n
	}
	if b.Len() > 0 {
		out = append(out, b.String())
	}
	return out
}

// paragraphs cuts text behind blank lines.
func paragraphs(text string) []string {
	var out []string
	start, at, blank := 0, 0, false
	for line := range strings.Lines(text) {
		empty := strings.TrimSpace(line) == ""
		if blank && !empty {
			out = append(out, text[start:at])
			start = at
		}
		blank = empty
		at += len(line)
	}
	return append(out, text[start:])
}

// cut cuts text of a kind into lines or sentences.
func cut(text string, kind Kind) []string {
	if kind == Source {
		return strings.SplitAfter(text, "\n")
	}
	return sentences(text)
}

// sentences cuts text behind what ends a sentence.
func sentences(text string) []string {
	var out []string
	start, ended := 0, false
	for i, r := range text {
		switch {
		case ended && !unicode.IsSpace(r) && !strings.ContainsRune(`"')]”’»`, r):
			if space, _ := utf8.DecodeLastRuneInString(text[:i]); unicode.IsSpace(space) || wide(space) {
				out = append(out, text[start:i])
				start = i
			}
			ended = strings.ContainsRune(".!?。！？", r)
		case strings.ContainsRune(".!?。！？", r):
			ended = true
		case !ended && r == '\n':
			ended = strings.HasPrefix(strings.TrimLeft(text[i+1:min(len(text), i+80)], " \t"), "- ") // an item of a list
		}
	}
	return append(out, text[start:])
}

// wide reports whether r ends a sentence without a space behind it.
func wide(r rune) bool { return strings.ContainsRune("。！？", r) }

// words cuts text behind white space.
func words(text string) []string {
	var out []string
	start, space := 0, false
	for i, r := range text {
		if space && !unicode.IsSpace(r) {
			out = append(out, text[start:i])
			start = i
		}
		space = unicode.IsSpace(r)
	}
	return append(out, text[start:])
}

// runes cuts text anywhere, into pieces of a token at most.
func runes(text string) []string {
	var out []string
	for len(text) > 0 {
		_, n := utf8.DecodeRuneInString(text)
		for n < len(text) && n < letters {
			_, next := utf8.DecodeRuneInString(text[n:])
			if Tokens(text[:n+next]) > 1 {
				break
			}
			n += next
		}
		out = append(out, text[:n])
		text = text[n:]
	}
	return out
}
