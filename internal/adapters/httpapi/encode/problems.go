package encode

import (
	"time"

	"github.com/memista/memista/internal/domain"
)

// Problem is something that is wrong with the data or the disk.
type Problem struct {
	Code     string    `json:"code"`     // the one that requests which meet it are answered with
	Database *string   `json:"database"` // null: all of them
	Message  string    `json:"message"`
	Since    time.Time `json:"since"`
}

// Problems describes problems; code names the code of an error.
func Problems(list []domain.Problem, code func(error) string) []Problem {
	out := make([]Problem, len(list))
	for i, p := range list {
		out[i] = Problem{Code: code(p.Kind), Database: orNull(p.Database), Message: p.Message(), Since: p.Since.UTC()}
	}
	return out
}
