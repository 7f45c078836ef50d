package split

import "strings"

// Markdown reads Markdown in UTF-8 (CommonMark as far as structure is concerned): headings
// of both forms, fenced code, and paragraphs, which are also lists, quotes and tables. The
// title is that of the front matter, which is left out otherwise, else the first heading of
// level 1. Anything but UTF-8 is ErrFormat.
func Markdown(raw []byte) (*Document, error) {
	text, err := decode(raw)
	if err != nil {
		return nil, err
	}
	var m markdown
	front, title := matter(text)
	m.doc.Title = title
	for n, line := range numbered(text) {
		if n > front {
			m.line(n, line)
		}
	}
	m.block.end(&m.doc)
	if m.doc.Title == "" {
		m.doc.Title = m.first
	}
	return &m.doc, nil
}

// markdown reads line by line.
type markdown struct {
	doc   Document
	first string // heading of level 1
	block gather
	fence string // what ends the code at hand; "": it is none
}

func (m *markdown) line(n int, line string) {
	bare := strings.TrimSpace(line)
	switch {
	case m.fence != "":
		m.block.add(Source, n, line)
		if closes(bare, m.fence) {
			m.fence = ""
			m.block.end(&m.doc)
		}
	case fenceOf(bare) != "":
		m.block.end(&m.doc)
		m.fence = fenceOf(bare)
		m.block.add(Source, n, line)
	case bare == "":
		m.block.end(&m.doc)
	case atx(line) > 0:
		m.block.end(&m.doc)
		m.heading(atx(line), strings.TrimRight(line, "\n"), n)
	case m.block.line != 0 && underline(line) > 0:
		over, at := strings.TrimRight(m.block.text.String(), "\n"), m.block.line
		m.block = gather{}
		m.heading(underline(line), over+"\n"+strings.TrimRight(line, "\n"), at)
	default:
		m.block.add(Paragraph, n, line)
	}
}

// matter returns how many lines the front matter of text has, and the title in it. It begins
// with fields, and ends: else what stands below a first line --- is text.
func matter(text string) (lines int, title string) {
	fields := false
	for n, line := range numbered(text) {
		bare := strings.TrimSpace(line)
		name, value, field := strings.Cut(bare, ":")
		field = field && !strings.ContainsAny(name, " \t") && (value == "" || value[0] == ' ')
		switch {
		case n == 1 && bare == "---":
		case fields && (bare == "---" || bare == "..."):
			return n, title
		case n == 1, !fields && !field && bare != "" && bare[0] != '#':
			return 0, ""
		case field && name == "title" && title == "":
			title = strings.Trim(strings.TrimSpace(value), `"'`)
		}
		fields = fields || n > 1 && field
	}
	return 0, ""
}

// heading appends a heading, and notes the first of level 1.
func (m *markdown) heading(level int, text string, n int) {
	name := strings.TrimSpace(text)
	if at := strings.LastIndexByte(name, '\n'); at >= 0 {
		name = name[:at]
	} else {
		name = strings.TrimSpace(strings.Trim(name, "#"))
	}
	name = strings.Join(strings.Fields(name), " ")
	if level == 1 && m.first == "" {
		m.first = name
	}
	m.doc.Blocks = append(m.doc.Blocks, Block{Kind: Heading, Level: level, Text: text, Name: name, Line: n})
}

// atx returns the level of a heading of the form "## heading", 0 if line is none.
func atx(line string) int {
	if len(line)-len(strings.TrimLeft(line, " ")) > 3 {
		return 0
	}
	line = strings.TrimSpace(line)
	rest := strings.TrimLeft(line, "#")
	level := len(line) - len(rest)
	if level > 6 || rest != "" && rest[0] != ' ' && rest[0] != '\t' || strings.TrimSpace(rest) == "" {
		return 0
	}
	return level
}

// underline returns the level of the heading that line stands under, 0 if it is no
// underline.
func underline(line string) int {
	if strings.HasPrefix(line, "    ") {
		return 0
	}
	bare := strings.TrimSpace(line)
	switch {
	case len(bare) > 0 && strings.Trim(bare, "=") == "":
		return 1
	case len(bare) > 1 && strings.Trim(bare, "-") == "":
		return 2
	}
	return 0
}

// fenceOf returns the fence with which a line begins code, "" if it does not.
func fenceOf(bare string) string {
	for _, sign := range []string{"`", "~"} {
		rest := strings.TrimLeft(bare, sign)
		if n := len(bare) - len(rest); n >= 3 && (sign == "~" || !strings.Contains(rest, "`")) {
			return bare[:n]
		}
	}
	return ""
}

// closes reports whether a line ends the code that fence began.
func closes(bare, fence string) bool {
	return len(bare) >= len(fence) && strings.Trim(bare, fence[:1]) == ""
}
