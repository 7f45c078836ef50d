package exportfile

import (
	"bufio"
	"io"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/memista/memista/internal/domain"
)

// Options say how to write. Zero values are the defaults.
type Options struct {
	Batch     int    // chunks of a line, if it has several; 0: 100
	TextField string // field of the payload for the text; "": document
	Vector    string // name of the vector of a point; "": it has none
	// Taken reports whether the decimal digits of a chunk id are the key of another chunk, so
	// that a chunk without a key cannot be called by its id. Nil: none is.
	Taken func(id int64) bool
}

// Writer writes chunks. It is for one goroutine.
type Writer interface {
	// Write writes a chunk, now or with others. It keeps its embedding until then.
	Write(c domain.Chunk) error
	// Close writes what is left. It does not close the file.
	Close() error
	// Notes says what of the chunks could not be written as it is.
	Notes() []string
}

var writers = map[string]func(out, Options) Writer{"jsonl": newLines, "qdrant": newQdrant, "chroma": newChroma}

// Formats returns the names of the formats, in order.
func Formats() []string { return slices.Sorted(maps.Keys(writers)) }

const (
	batch = 100
	// lineBytes ends a line with many chunks: servers bound the bodies that they take.
	lineBytes      = 8 << 20
	bytesPerNumber = 13
)

// New returns what writes format to w.
func New(format string, w io.Writer, o Options) (Writer, error) {
	open, ok := writers[format]
	if !ok {
		return nil, domain.Errorf(domain.ErrInvalid, "unknown format %q: use one of %q", format, Formats())
	}
	if o.Batch < 1 {
		o.Batch = batch
	}
	if o.TextField == "" {
		o.TextField = "document"
	}
	if o.Taken == nil {
		o.Taken = func(int64) bool { return false }
	}
	return open(out{bufio.NewWriterSize(w, 1<<16)}, o), nil
}

// out writes lines.
type out struct{ w *bufio.Writer }

// line writes v as one line.
func (o out) line(v any) error {
	err := json.MarshalWrite(o.w, v, jsontext.AllowDuplicateNames(true), json.Deterministic(true), json.FormatNilMapAsNull(true))
	if err != nil {
		return err
	}
	return o.w.WriteByte('\n')
}

// size returns how many bytes a chunk takes in a line, about.
func size(c *domain.Chunk) int {
	return len(c.Key) + len(c.Text) + len(c.Metadata.Text) + bytesPerNumber*len(c.Embedding) + 3*int(c.Sparse.Size())
}
