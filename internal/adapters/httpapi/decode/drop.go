package decode

import (
	"github.com/memista/memista/internal/adapters/web/wire"
)

var dropFields = []string{"database_id"}

// Drop reads the body of DELETE /v1/drop.
func Drop(body []byte) (id string, err error) {
	var s wire.Scanner
	s.Reset(body)
	seen, err := s.Object(dropFields, func(int) error {
		b, err := s.Text()
		id = string(b)
		return err
	})
	if err == nil {
		err = s.End()
	}
	if err == nil {
		err = required(dropFields, seen, 1)
	}
	return id, err
}
