package chromem

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/bits"

	"github.com/memista/memista/internal/domain"
)

// Types that every stream has.
const (
	boolType = iota + 1
	intType
	uintType
	floatType
	bytesType
	stringType
	complexType
)

const (
	mostDepth = 100      // of types in types
	mostTypes = 1000     // in a stream
	mostText  = 64 << 20 // bytes
	mostField = 1000     // of a struct
)

// form is what a value of a type consists of.
type form struct {
	kind   byte // 's' struct, 'm' map, 'l' list; 0: opaque bytes
	key    int64
	elem   int64
	fields []field
}

type field struct {
	name string
	typ  int64
}

// gob reads a stream of encoding/gob: messages that have a length each, and define a type or
// hold a value.
type gob struct {
	r     *bufio.Reader
	left  int64 // bytes of the message
	types map[int64]form
}

func newGob(r io.Reader) *gob {
	return &gob{r: bufio.NewReaderSize(r, 1<<16), types: map[int64]form{}}
}

func damaged(format string, args ...any) error {
	return domain.Errorf(domain.ErrCorrupt, "not a file of chromem-go, or damaged: "+format, args...)
}

// cut says of an end of the stream that it came too soon.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("it is cut off")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return damaged("%v", err)
}

// value reads definitions up to a value, and returns its type, which must be a struct.
func (g *gob) value() (form, error) {
	for {
		g.left = math.MaxInt64
		n, err := g.uint()
		if err != nil {
			return form{}, err
		}
		if n > math.MaxInt64 {
			return form{}, damaged("a message of %d bytes", n)
		}
		g.left = int64(n)
		id, err := g.int()
		if err != nil {
			return form{}, err
		}
		if id >= 0 {
			f, ok := g.types[id]
			if !ok || f.kind != 's' {
				return form{}, damaged("a value of type %d", id)
			}
			return f, nil
		}
		if len(g.types) == mostTypes || id == math.MinInt64 {
			return form{}, damaged("more than %d types", mostTypes)
		}
		f, err := g.definition()
		if err != nil {
			return form{}, err
		}
		if g.left != 0 {
			return form{}, damaged("%d bytes behind a type", g.left)
		}
		g.types[-id] = f
	}
}

// take counts n bytes of the message.
func (g *gob) take(n int64) error {
	if n > g.left {
		return damaged("a value is longer than its message")
	}
	g.left -= n
	return nil
}

// uint reads a number: one byte below 128, else how many bytes it has, negated, and those.
func (g *gob) uint() (uint64, error) {
	if err := g.take(1); err != nil {
		return 0, err
	}
	b, err := g.r.ReadByte()
	if err != nil {
		return 0, cut(err)
	}
	if b < 128 {
		return uint64(b), nil
	}
	n := -int(int8(b))
	if n > 8 {
		return 0, damaged("a number of %d bytes", n)
	}
	if err := g.take(int64(n)); err != nil {
		return 0, err
	}
	raw, err := g.r.Peek(n)
	if err != nil {
		return 0, cut(err)
	}
	var x uint64
	for _, b := range raw {
		x = x<<8 | uint64(b)
	}
	_, err = g.r.Discard(n)
	return x, err
}

// int reads a number whose lowest bit says that the others are to be inverted.
func (g *gob) int() (int64, error) {
	u, err := g.uint()
	if u&1 == 1 {
		return ^int64(u >> 1), err
	}
	return int64(u >> 1), err
}

// float reads a number whose bytes are in reverse, so that zeros lead.
func (g *gob) float() (float64, error) {
	u, err := g.uint()
	return math.Float64frombits(bits.ReverseBytes64(u)), err
}

// text reads a string, or bytes. Memory is taken as they come.
func (g *gob) text() (string, error) {
	n, err := g.length(mostText)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, g.r, n); err != nil {
		return "", cut(err)
	}
	return b.String(), nil
}

// length reads how many bytes follow, and takes them.
func (g *gob) length(most uint64) (int64, error) {
	n, err := g.uint()
	if err != nil {
		return 0, err
	}
	if n > most {
		return 0, damaged("a text of %d bytes", n)
	}
	return int64(n), g.take(int64(n))
}

// fields reads a struct: f is called for each field that is there, and must read it.
func (g *gob) fields(of form, f func(field) error) error {
	at := uint64(0)
	for {
		delta, err := g.uint()
		if err != nil || delta == 0 {
			return err
		}
		if delta > uint64(len(of.fields)) || at+delta > uint64(len(of.fields)) {
			return damaged("a field that its type does not have")
		}
		at += delta
		if err := f(of.fields[at-1]); err != nil {
			return err
		}
	}
}

// is reports whether a type is a struct, a map or a list.
func (g *gob) is(id int64, kind byte) (form, error) {
	f, ok := g.types[id]
	if !ok || f.kind != kind {
		return form{}, damaged("a field of another type")
	}
	return f, nil
}

// skip passes over a value.
func (g *gob) skip(id int64, depth int) error {
	if depth == mostDepth {
		return damaged("values in values deeper than %d", mostDepth)
	}
	switch id {
	case boolType, intType, uintType, floatType:
		_, err := g.uint()
		return err
	case complexType:
		_, err1 := g.uint()
		_, err2 := g.uint()
		return errors.Join(err1, err2)
	case bytesType, stringType:
		return g.skipBytes()
	}
	of, ok := g.types[id]
	if !ok {
		return damaged("a value of type %d", id)
	}
	switch of.kind {
	case 's':
		return g.fields(of, func(f field) error { return g.skip(f.typ, depth+1) })
	case 0:
		return g.skipBytes()
	}
	n, err := g.uint()
	for ; n > 0 && err == nil; n-- {
		if of.kind == 'm' {
			err = g.skip(of.key, depth+1)
		}
		if err == nil {
			err = g.skip(of.elem, depth+1)
		}
	}
	return err
}

func (g *gob) skipBytes() error {
	n, err := g.length(math.MaxInt64)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, g.r, n); err != nil {
		return cut(err)
	}
	return nil
}

// isGob reports whether a stream begins as one of gob does, with the definition of a type.
// Bytes that are not do so as good as never.
func isGob(head []byte) bool {
	g := newGob(bytes.NewReader(head))
	g.left = int64(len(head))
	n, err := g.uint()
	if err != nil || n > uint64(len(head)) {
		return false
	}
	g.left = int64(n)
	id, err := g.int()
	if err != nil || id >= 0 {
		return false
	}
	_, err = g.definition()
	return err == nil && g.left == 0
}

// magic begins a stream that is compressed.
var magic = binary.BigEndian.AppendUint16(nil, 0x1f8b)
