package decode

import (
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

var (
	aliasesFields = []string{"actions"}
	aliasFields   = []string{"action", "alias", "database", "to"}
	aliasActions  = []string{string(collection.CreateAlias), string(collection.DeleteAlias), string(collection.RenameAlias)}
)

// AliasActions reads the body of POST /v1/aliases.
func AliasActions(body []byte) (actions []collection.AliasAction, err error) {
	var s wire.Scanner
	s.Reset(body)
	seen, err := s.Object(aliasesFields, func(int) error {
		return s.Array(func(int) error {
			a, err := aliasAction(&s)
			actions = append(actions, a)
			return err
		})
	})
	if err == nil {
		err = s.End()
	}
	if err == nil {
		err = required(aliasesFields, seen, 1)
	}
	return actions, err
}

// aliasNeeds says by the action which of aliasFields must be there; no others may.
var aliasNeeds = map[collection.AliasDo]uint32{
	collection.CreateAlias: 1<<0 | 1<<1 | 1<<2,
	collection.DeleteAlias: 1<<0 | 1<<1,
	collection.RenameAlias: 1<<0 | 1<<1 | 1<<3,
}

func aliasAction(s *wire.Scanner) (a collection.AliasAction, err error) {
	seen, err := s.Object(aliasFields, func(field int) error {
		if aliasFields[field] == "action" {
			name, err := word(s, aliasActions)
			a.Do = collection.AliasDo(name)
			return err
		}
		text, err := s.Text()
		switch aliasFields[field] {
		case "alias":
			a.Alias = string(text)
		case "database":
			a.Database = string(text)
		case "to":
			a.To = string(text)
		}
		return err
	})
	if err != nil {
		return a, err
	}
	if err := required(aliasFields, seen, 1); err != nil {
		return a, err
	}
	needs := aliasNeeds[a.Do]
	if err := required(aliasFields, seen, needs); err != nil {
		return a, err
	}
	for i, name := range aliasFields {
		if seen&^needs&(1<<i) != 0 {
			return a, domain.Errorf(domain.ErrInvalid, "field %s does not belong to the action %s", name, a.Do)
		}
	}
	return a, nil
}
