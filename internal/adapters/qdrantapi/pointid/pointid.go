// Package pointid reads the ids of points: integers and UUIDs as Qdrant has them, and any
// other text.
package pointid

import (
	"strconv"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
)

// maxText is how many bytes a text may have that is an id: its key has two more.
const maxText = domain.MaxKeyLength - 2

// Read reads the id of a point as it stands in JSON.
func Read(s *wire.Scanner) (collections.ID, error) {
	if s.Next() == '"' {
		text, err := s.Text()
		if err != nil {
			return collections.ID{}, err
		}
		return Parse(string(text))
	}
	raw, err := s.Value()
	if err != nil {
		return collections.ID{}, err
	}
	n, err := strconv.ParseUint(string(raw), 10, 64)
	if err != nil {
		return collections.ID{}, invalid(string(raw))
	}
	return collections.Number(n), nil
}

// Parse reads the id of a point as it stands in a path.
func Parse(text string) (collections.ID, error) {
	if text == "" || len(text) > maxText || domain.CheckKey(text) != nil {
		return collections.ID{}, invalid(text)
	}
	return collections.Text(text), nil
}

func invalid(text string) error {
	if len(text) > 64 {
		text = text[:64] + "…"
	}
	return domain.Errorf(domain.ErrInvalid, "value %s is not a valid point ID, valid values are either an unsigned integer or a UUID", text)
}
