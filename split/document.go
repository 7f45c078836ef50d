package split

import "errors"

// ErrFormat is the kind of errors of documents that are not what a reader reads: the text
// of an error says what is wrong, and where that is known the line.
var ErrFormat = errors.New("not readable")

// Kind says what a block is.
type Kind int

// The kinds of blocks.
const (
	Paragraph Kind = iota // cut between sentences, if it must be
	Heading               // begins a passage, and is on the path of those below it
	Source                // program text: cut between lines, if it must be
)

// Block is a piece of a document that belongs together.
type Block struct {
	Kind  Kind
	Level int    // of a heading, from 1
	Text  string // in UTF-8
	Name  string // of a heading: as it stands on the path, if that is not Text
	Line  int    // where it begins, from 1
}

// Document is what a reader returns.
type Document struct {
	Title  string // "": the document does not say
	Blocks []Block
}

// Passage is a piece of a document.
type Passage struct {
	Text     string
	Title    string   // that of the document
	Headings []string // those above the passage, the highest first
	Line     int      // where it begins, from 1
	Hash     string   // of Text, see Hash
	// Key and Metadata, a JSON object, are those of a line of JSON; else "".
	Key      string
	Metadata string
}
