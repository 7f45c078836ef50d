package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/memista/memista/internal/domain"
)

// maxLine bounds a line: 65,536 numbers of 20 digits are 1.4 MB.
const maxLine = 64 << 20

// lines reads lines without their ends.
type lines struct {
	r     *counted
	long  []byte // a line that was longer than the buffer
	begun bool   // the first line has been read
}

// byteOrderMark is what some programs begin a text in UTF-8 with.
var byteOrderMark = []byte("\ufeff")

// next returns the next line, valid until the following call, or io.EOF.
func (l *lines) next() ([]byte, error) {
	l.long = l.long[:0]
	for {
		part, err := l.r.r.ReadSlice('\n')
		l.r.n += int64(len(part))
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if l.long = append(l.long, part...); len(l.long) > maxLine {
				return nil, fmt.Errorf("the line is longer than %d bytes", maxLine)
			}
			continue
		case errors.Is(err, io.EOF) && len(part) == 0 && len(l.long) == 0:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		}
		if len(l.long) > 0 {
			part = append(l.long, part...)
			l.long = part
		}
		if !l.begun {
			l.begun, part = true, bytes.TrimPrefix(part, byteOrderMark)
		}
		return bytes.TrimSuffix(bytes.TrimSuffix(part, []byte{'\n'}), []byte{'\r'}), nil
	}
}

// jsonLines reads one JSON object per line.
type jsonLines struct {
	lines    lines
	line     int64
	optional bool // rows may be without an embedding
}

func (j *jsonLines) next() (domain.Chunk, int64, error) {
	for {
		line, err := j.lines.next()
		if errors.Is(err, io.EOF) {
			return domain.Chunk{}, 0, err
		}
		j.line++
		if err != nil {
			return domain.Chunk{}, j.line, err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			ch, err := decode(line)
			if err == nil && len(ch.Embedding) == 0 && !j.optional {
				err = ErrNoEmbedding
			}
			return ch, j.line, err
		}
	}
}

func (j *jsonLines) skip(n int64) error {
	for ; n > 0; n-- {
		if _, err := j.lines.next(); err != nil {
			return err
		}
		j.line++
	}
	return nil
}

func (j *jsonLines) read() int64 { return j.lines.r.n }
