package split

import "strings"

// Code reads source code of any language, in UTF-8: a block is what stands between blank
// lines, together with all that is indented below it, so that a function with blank lines
// in it stays one block. Anything but UTF-8 is ErrFormat.
func Code(raw []byte) (*Document, error) {
	text, err := decode(raw)
	if err != nil {
		return nil, err
	}
	var d Document
	var b gather
	blanks := ""
	for n, line := range numbered(text) {
		if strings.TrimSpace(line) == "" {
			blanks += line
			continue
		}
		if blanks != "" && declares(line) {
			b.end(&d)
		} else if b.line != 0 {
			b.text.WriteString(blanks)
		}
		blanks = ""
		b.add(Source, n, line)
	}
	b.end(&d)
	return &d, nil
}

// declares reports whether a line behind a blank one begins something new: it is not
// indented and closes nothing.
func declares(line string) bool { return !strings.ContainsRune(" \t)]}", rune(line[0])) }
