package split

import (
	"iter"
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
	for piece := range fit(text, b.Kind, size) {
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

// pieces cuts a text into pieces, one behind the other, that together are the text. They are
// made as they are asked for: the words of a large text would take many times its room.
type pieces = iter.Seq[string]

// fit cuts text into pieces of at most size tokens: at blank lines, then at lines or
// sentences, then at words, then anywhere. Pieces that go together are put together again.
func fit(text string, kind Kind, size int) pieces {
	finer := []func(string) pieces{func(s string) pieces { return cut(s, kind) }, words, runes}
	return join(text, size, refine(paragraphs(text), size, finer))
}

// refine cuts those of the pieces that are larger than size by the first of finer, and what
// is too large then by the next.
func refine(all pieces, size int, finer []func(string) pieces) pieces {
	return func(yield func(string) bool) {
		for piece := range all {
			if len(finer) == 0 || Tokens(piece) <= size {
				if !yield(piece) {
					return
				}
				continue
			}
			for part := range refine(join(piece, size, finer[0](piece)), size, finer[1:]) {
				if !yield(part) {
					return
				}
			}
		}
	}
}

// join puts neighbors among the pieces of text together as far as size allows.
func join(text string, size int, all pieces) pieces {
	return func(yield func(string) bool) {
		start, at, have := 0, 0, 0
		for piece := range all {
			n := Tokens(piece)
			if have > 0 && have+n > size {
				if !yield(text[start:at]) {
					return
				}
				start, have = at, 0
			}
			at += len(piece)
			have += n
		}
		if at > start {
			yield(text[start:at])
		}
	}
}

// paragraphs cuts text behind blank lines.
func paragraphs(text string) pieces {
	return func(yield func(string) bool) {
		start, at, blank := 0, 0, false
		for line := range strings.Lines(text) {
			empty := strings.TrimSpace(line) == ""
			if blank && !empty {
				if !yield(text[start:at]) {
					return
				}
				start = at
			}
			blank = empty
			at += len(line)
		}
		yield(text[start:])
	}
}

// cut cuts text of a kind into lines or sentences.
func cut(text string, kind Kind) pieces {
	if kind == Source {
		return strings.SplitAfterSeq(text, "\n")
	}
	return sentences(text)
}

// sentences cuts text behind what ends a sentence.
func sentences(text string) pieces {
	return func(yield func(string) bool) {
		start, ended := 0, false
		for i, r := range text {
			switch {
			case ended && !unicode.IsSpace(r) && !strings.ContainsRune(`"')]”’»`, r):
				if space, _ := utf8.DecodeLastRuneInString(text[:i]); unicode.IsSpace(space) || wide(space) {
					if !yield(text[start:i]) {
						return
					}
					start = i
				}
				ended = strings.ContainsRune(".!?。！？", r)
			case strings.ContainsRune(".!?。！？", r):
				ended = true
			case !ended && r == '\n':
				ended = strings.HasPrefix(strings.TrimLeft(text[i+1:min(len(text), i+80)], " \t"), "- ") // an item of a list
			}
		}
		yield(text[start:])
	}
}

// wide reports whether r ends a sentence without a space behind it.
func wide(r rune) bool { return strings.ContainsRune("。！？", r) }

// words cuts text behind white space.
func words(text string) pieces {
	return func(yield func(string) bool) {
		start, space := 0, false
		for i, r := range text {
			if space && !unicode.IsSpace(r) {
				if !yield(text[start:i]) {
					return
				}
				start = i
			}
			space = unicode.IsSpace(r)
		}
		yield(text[start:])
	}
}

// runes cuts text anywhere, into pieces of a token at most.
func runes(text string) pieces {
	return func(yield func(string) bool) {
		for len(text) > 0 {
			_, n := utf8.DecodeRuneInString(text)
			for n < len(text) && n < letters {
				_, next := utf8.DecodeRuneInString(text[n:])
				if Tokens(text[:n+next]) > 1 {
					break
				}
				n += next
			}
			if !yield(text[:n]) {
				return
			}
			text = text[n:]
		}
	}
}
