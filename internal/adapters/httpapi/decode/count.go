package decode

import (
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain/filterlang"
)

var countFields = []string{"filter"}

// Count reads the body of a count; an empty one counts all.
func Count(body []byte) (f *filterlang.Filter, err error) {
	if len(body) == 0 {
		return nil, nil
	}
	var s wire.Scanner
	s.Reset(body)
	_, err = s.Object(countFields, func(int) error {
		if s.Null() {
			return nil
		}
		f, err = filter(&s)
		return err
	})
	if err == nil {
		err = s.End()
	}
	return f, err
}
