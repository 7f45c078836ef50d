package source

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/memista/memista/internal/domain"
)

// ReadLines reads JSON lines of the form that Open takes from r to its end. What is wrong
// with a line is said with its number. Rows may be without an embedding: without is the
// line of the first such row, and 0 if there is none.
func ReadLines(r io.Reader) (chunks []domain.Chunk, without int64, err error) {
	c := &counted{}
	c.r = bufio.NewReader(r)
	rows := jsonLines{lines: lines{r: c}, optional: true}
	chunks = []domain.Chunk{}
	for {
		ch, line, err := rows.next()
		switch {
		case errors.Is(err, io.EOF) && line == 0:
			return chunks, without, nil
		case err != nil:
			return nil, 0, fmt.Errorf("line %d: %w", line, err)
		case len(ch.Embedding) == 0 && without == 0:
			without = line
		}
		chunks = append(chunks, ch)
	}
}
