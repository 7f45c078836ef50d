package weaviate

import (
	"strings"

	"github.com/memista/memista/internal/adapters/analysis"
	"github.com/memista/memista/internal/domain"
)

// indexed returns the words of a text as they are compared, with blanks between them: folded,
// and by their stems if the tokenizer says so.
func indexed(text string, by domain.Tokenizer) string {
	a, err := analysis.Of(by)
	if err != nil {
		return "" // it was refused when the database was made
	}
	columns := a.Values(text)
	return columns[len(columns)-1]
}

// asked returns the words to look for, as they are compared; "" if there are none.
func asked(words []string, by domain.Tokenizer) string {
	return indexed(strings.Join(words, " "), by)
}
