package embedding

import (
	"errors"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// Place returns which text err is about; ok is false if it does not say.
func Place(err error) (at int, ok bool) {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok {
		return 0, false
	}
	n, scanErr := fmt.Sscanf(e.Place, "texts[%d]", &at)
	return at, n == 1 && scanErr == nil && at >= 0
}

// moved returns err, which says what it is about, as one about the text at.
func moved(err error, at int) error {
	e, _ := errors.AsType[*domain.Error](err)
	return &domain.Error{Kind: e.Kind, Field: e.Field, Message: e.Message, Place: fmt.Sprintf("texts[%d]", at)}
}
