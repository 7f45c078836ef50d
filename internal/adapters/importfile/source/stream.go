package source

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/memista/memista/internal/domain"
)

// ReadLines reads JSON lines of the form that Open takes from r to its end. What is wrong
// with a line is said with its number.
func ReadLines(r io.Reader) ([]domain.Chunk, error) {
	c := &counted{}
	c.r = bufio.NewReader(r)
	rows := jsonLines{lines: lines{r: c}}
	chunks := []domain.Chunk{}
	for {
		ch, line, err := rows.next()
		switch {
		case errors.Is(err, io.EOF) && line == 0:
			return chunks, nil
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		chunks = append(chunks, ch)
	}
}
