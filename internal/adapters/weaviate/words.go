package weaviate

import (
	"github.com/memista/memista/internal/adapters/analysis"
	"github.com/memista/memista/internal/domain"
)

// compared returns the words of a text or a query as they are compared, with blanks between
// them: folded, and by their stems if the tokenizer says so.
func compared(text string, by domain.Tokenizer) string {
	a, err := analysis.Of(by)
	if err != nil {
		return "" // it was refused when the database was made
	}
	columns := a.Values(text)
	return columns[len(columns)-1]
}
