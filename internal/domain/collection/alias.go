package collection

import "github.com/memista/memista/internal/domain"

// Alias is another name for a collection, in the default space.
type Alias struct {
	Alias string
	Space
	Collection string // its name
	ID         string // of its database
}

// AliasDo is what an AliasAction does.
type AliasDo string

// What is done to aliases.
const (
	CreateAlias AliasDo = "create" // an alias that is there moves to the collection
	DeleteAlias AliasDo = "delete" // one that is not there is no error
	RenameAlias AliasDo = "rename" // to a name that may be another alias, which is then gone
)

// AliasAction is one step of a change of aliases.
type AliasAction struct {
	Do    AliasDo
	Alias string
	To    string // the new name, of RenameAlias
	// Of CreateAlias, one of both: the name of a collection in the default space, or the id
	// of a database.
	Collection, Database string
}

// Check refuses an action that says too little or too much.
func (a AliasAction) Check() error {
	if err := checkName("alias", a.Alias); err != nil {
		return err
	}
	switch a.Do {
	case CreateAlias:
		if (a.Collection == "") == (a.Database == "") {
			return domain.Errorf(domain.ErrInvalid, "an alias is made for one database")
		}
		return nil
	case DeleteAlias:
		return nil
	case RenameAlias:
		return checkName("alias", a.To)
	}
	return domain.Errorf(domain.ErrInvalid, "unknown action %q on aliases: use create, delete or rename", a.Do)
}
