package qdrantapi

import (
	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain/collection"
)

// aliases answers GET /aliases.
func (a *api) aliases(c call) error { return a.sendAliases(c, "") }

// aliasesOf answers GET /collections/{collection}/aliases.
func (a *api) aliasesOf(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	return a.sendAliases(c, t.ID)
}

// sendAliases answers with the aliases of a database, or of all: those of which the key reaches
// both the alias and the database, for the answer names both.
func (a *api) sendAliases(c call, id string) error {
	all, err := a.cols.Aliases(c.Context())
	if err != nil {
		return err
	}
	return c.sendAppended(func(b []byte) ([]byte, error) {
		b = append(b, `{"aliases":[`...)
		first := true
		for _, al := range all {
			if id != "" && al.ID != id || !c.Reaches(al.Alias) || !c.Reaches(al.ID) {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = wire.AppendString(append(b, `{"alias_name":`...), al.Alias)
			b = append(wire.AppendString(append(b, `,"collection_name":`...), al.Collection), '}')
		}
		return append(b, "]}"...), nil
	})
}

// changeAliases answers POST /collections/aliases.
func (a *api) changeAliases(c call) error {
	var wanted []decode.Alias
	err := a.body(c, func(body []byte) (err error) {
		wanted, err = decode.ReadAliases(body)
		return err
	})
	if err != nil {
		return err
	}
	actions := make([]collection.AliasAction, len(wanted))
	for i, w := range wanted {
		if w.Do != "delete_alias" {
			name := w.Alias
			if w.Do == "rename_alias" {
				name = w.NewName
			}
			if err := checkName(name); err != nil {
				return err
			}
		}
		actions[i] = action(w)
	}
	if len(actions) > 0 {
		err = a.cols.ChangeAliases(c.Context(), actions, c.Reaches)
	}
	if err != nil {
		return aliasInWords(err)
	}
	return c.sendJSON("true")
}

// action returns a change of aliases as the registry has it.
func action(w decode.Alias) collection.AliasAction {
	switch w.Do {
	case "create_alias":
		return collection.AliasAction{Do: collection.CreateAlias, Alias: w.Alias, Collection: w.Collection}
	case "rename_alias":
		return collection.AliasAction{Do: collection.RenameAlias, Alias: w.Alias, To: w.NewName}
	}
	return collection.AliasAction{Do: collection.DeleteAlias, Alias: w.Alias}
}

// aliasInWords is err in Qdrant's words.
func aliasInWords(err error) error {
	if said.Is(err) {
		return err
	}
	return inWords(err)
}
