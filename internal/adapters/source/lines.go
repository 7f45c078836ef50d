package source

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/memista/memista/internal/domain"
)

// maxLine bounds a line: 65,536 numbers of 20 digits are 1.4 MB.
const maxLine = 64 << 20

// lines reads lines without their ends.
type lines struct {
	r    *counted
	long []byte // a line that was longer than the buffer
}

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
		return bytes.TrimSuffix(bytes.TrimSuffix(part, []byte{'\n'}), []byte{'\r'}), nil
	}
}

// jsonLines reads one JSON object per line.
type jsonLines struct {
	lines lines
	line  int64
}

// row is the JSON of a chunk; the same fields as in an insert over HTTP.
type row struct {
	Embedding []float32       `json:"embedding"`
	Text      string          `json:"text"`
	Metadata  json.RawMessage `json:"metadata"`
	Key       string          `json:"key"`
	TTL       *int64          `json:"ttl_seconds"`
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
			return ch, j.line, err
		}
	}
}

func decode(line []byte) (domain.Chunk, error) {
	if !utf8.Valid(line) { // Decode would put something else in its place
		return domain.Chunk{}, errors.New("not valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	var r row
	if err := dec.Decode(&r); err != nil {
		return domain.Chunk{}, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return domain.Chunk{}, errors.New("more than one JSON value on the line")
	}
	if len(r.Embedding) == 0 {
		return domain.Chunk{}, errors.New("embedding is missing or empty")
	}
	ttl, err := r.ttl()
	if err != nil {
		return domain.Chunk{}, err
	}
	m, err := metadata(r.Metadata)
	return domain.Chunk{Key: r.Key, Text: r.Text, Metadata: m, Embedding: r.Embedding, TTL: ttl}, err
}

// ttl returns the time to live of a row, 0 if it brings none.
func (r row) ttl() (time.Duration, error) {
	const most = int64(domain.MaxTTL / time.Second)
	switch {
	case r.TTL == nil:
		return 0, nil
	case *r.TTL < 1 || *r.TTL > most:
		return 0, fmt.Errorf("ttl_seconds must be between 1 and %d", most)
	}
	return time.Duration(*r.TTL) * time.Second, nil
}

func metadata(raw json.RawMessage) (domain.Metadata, error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return domain.Metadata{}, nil
	case raw[0] == '"':
		var s string
		err := json.Unmarshal(raw, &s)
		return domain.MetadataString(s), err
	}
	return domain.MetadataObject(raw)
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
