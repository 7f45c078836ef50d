package httpapi

import (
	"time"

	"github.com/memista/memista/internal/domain"
)

// problemJSON is something that is wrong with the data or the disk, as GET /readyz and
// the description of a database tell it.
type problemJSON struct {
	Code     string    `json:"code"`     // the one that requests which meet it are answered with
	Database *string   `json:"database"` // null: all of them
	Message  string    `json:"message"`
	Since    time.Time `json:"since"`
}

func describeProblems(list []domain.Problem) []problemJSON {
	out := make([]problemJSON, len(list))
	for i, p := range list {
		a, _ := answerTo(p.Kind)
		out[i] = problemJSON{Code: a.code, Database: orNull(p.Database), Message: p.Message(), Since: p.Since.UTC()}
	}
	return out
}
