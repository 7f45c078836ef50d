package indexfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// The numbers of the format; see the package documentation.
const (
	magic      = "\x89memista-index\r\n"
	version    = 1
	pageSize   = 4096
	align      = 64
	blockSize  = 1 << 20
	textSize   = 16
	nameSize   = 24
	entrySize  = nameSize + 8 + 8 + 4
	tableAt    = 140
	crcAt      = pageSize - len(magic) - 4
	maxSection = (crcAt - tableAt) / entrySize
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Header says whose index a file holds.
type Header struct {
	Engine   string // at most 16 bytes
	Kind     string // kind of codes, at most 16 bytes
	Metric   domain.Metric
	Dims     int
	Count    int64 // vectors a search can find
	Snapshot ports.Snapshot
}

// section is one entry of the table.
type section struct {
	name           string
	offset, length int64
	sum            uint32
}

func (s section) end() int64 { return alignUp(s.offset + s.length) }

func alignUp(n int64) int64 { return (n + align - 1) &^ (align - 1) }

// check reports whether h fits the format.
func (h Header) check() error {
	for _, s := range []string{h.Engine, h.Kind, string(h.Metric)} {
		if s == "" || len(s) > textSize || strings.IndexByte(s, 0) >= 0 {
			return fmt.Errorf("index file header: %q must have 1 to %d bytes", s, textSize)
		}
	}
	if h.Dims < 1 || h.Dims > domain.MaxDims || h.Count < 0 {
		return fmt.Errorf("index file header: dims %d, count %d", h.Dims, h.Count)
	}
	return nil
}

// encode returns the header page.
func (h Header) encode(sections []section, size int64) []byte {
	p := make([]byte, pageSize)
	le := binary.LittleEndian
	copy(p, magic)
	le.PutUint32(p[16:], version)
	le.PutUint32(p[20:], uint32(h.Dims))
	le.PutUint64(p[24:], uint64(h.Count))
	copy(p[32:], h.Snapshot.Incarnation[:])
	le.PutUint64(p[48:], uint64(h.Snapshot.Sequence))
	copy(p[56:], h.Snapshot.Hash[:])
	le.PutUint64(p[72:], uint64(size))
	copy(p[80:], h.Engine)
	copy(p[96:], h.Kind)
	copy(p[112:], h.Metric)
	le.PutUint32(p[128:], uint32(len(sections)))
	for i, s := range sections {
		e := p[tableAt+i*entrySize:]
		copy(e, s.name)
		le.PutUint64(e[nameSize:], uint64(s.offset))
		le.PutUint64(e[nameSize+8:], uint64(s.length))
		le.PutUint32(e[nameSize+16:], s.sum)
	}
	le.PutUint32(p[crcAt:], crc32.Checksum(p[:crcAt], castagnoli))
	copy(p[crcAt+4:], magic)
	return p
}

// ours reports whether the page at the start of a file bears our mark, at either end
// of it, so that one flipped bit does not make a file of ours somebody else's.
func ours(page []byte) bool {
	return bytes.HasPrefix(page, []byte(magic)) || len(page) >= pageSize && string(page[crcAt+4:pageSize]) == magic
}

// decode reads the header page of a file of the given size. The page must be ours.
func decode(p []byte, size int64) (Header, []section, error) {
	if len(p) < pageSize {
		return Header{}, nil, corrupt("header is cut off at %d bytes", len(p))
	}
	le := binary.LittleEndian
	if v := le.Uint32(p[16:]); v != version && string(p[:16]) == magic && crc32.Checksum(p[:crcAt], castagnoli) == le.Uint32(p[crcAt:]) {
		return Header{}, nil, domain.Errorf(domain.ErrStaleSnapshot, "index file has format %d, this build reads %d", v, version)
	}
	if crc32.Checksum(p[:crcAt], castagnoli) != le.Uint32(p[crcAt:]) || string(p[:16]) != magic || string(p[crcAt+4:pageSize]) != magic {
		return Header{}, nil, corrupt("header checksum differs")
	}
	h := Header{
		Dims:   int(le.Uint32(p[20:])),
		Count:  int64(le.Uint64(p[24:])),
		Engine: text(p[80:96]),
		Kind:   text(p[96:112]),
		Metric: domain.Metric(text(p[112:128])),
	}
	copy(h.Snapshot.Incarnation[:], p[32:])
	h.Snapshot.Sequence = int64(le.Uint64(p[48:]))
	copy(h.Snapshot.Hash[:], p[56:])
	if err := h.check(); err != nil {
		return Header{}, nil, corrupt("%v", err)
	}
	if got := int64(le.Uint64(p[72:])); got != size {
		return Header{}, nil, corrupt("file has %d bytes, its header says %d", size, got)
	}
	sections, err := decodeTable(p, size)
	return h, sections, err
}

// decodeTable reads the section table and checks that the sections tile the file.
func decodeTable(p []byte, size int64) ([]section, error) {
	le := binary.LittleEndian
	n := int64(le.Uint32(p[128:]))
	if n > int64(maxSection) {
		return nil, corrupt("%d sections", n)
	}
	sections := make([]section, n)
	at := int64(pageSize)
	for i := range sections {
		e := p[tableAt+i*entrySize:]
		s := section{
			name:   text(e[:nameSize]),
			offset: int64(le.Uint64(e[nameSize:])),
			length: int64(le.Uint64(e[nameSize+8:])),
			sum:    le.Uint32(e[nameSize+16:]),
		}
		if s.offset != at || s.length < 0 || s.length > size-at {
			return nil, corrupt("section %q at %d, length %d", s.name, s.offset, s.length)
		}
		at = s.end()
		sections[i] = s
	}
	if at != size {
		return nil, corrupt("sections end at %d, the file at %d", at, size)
	}
	return sections, nil
}

func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("index file: %s: %w", fmt.Sprintf(format, args...), domain.ErrCorrupt)
}
