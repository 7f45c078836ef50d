package api

// Alias is another name for a database. It stands for the database wherever chunks are read
// or written, and where a database is described; not where one is made, changed or dropped.
type Alias struct {
	Alias    string `json:"alias"`
	Database string `json:"database"` // its id
}

// AliasAction is one step of ChangeAliases: see CreateAlias, DeleteAlias and RenameAlias.
type AliasAction struct {
	Action   string `json:"action"` // create, delete or rename
	Alias    string `json:"alias"`
	Database string `json:"database,omitempty"` // for which it is created
	To       string `json:"to,omitempty"`       // to which it is renamed
}

// CreateAlias makes an alias for a database, or moves one that is there.
func CreateAlias(alias, database string) AliasAction {
	return AliasAction{Action: "create", Alias: alias, Database: database}
}

// DeleteAlias deletes an alias. One that is not there is passed over.
func DeleteAlias(alias string) AliasAction { return AliasAction{Action: "delete", Alias: alias} }

// RenameAlias renames an alias, in place of another one with that name if there is one.
func RenameAlias(alias, to string) AliasAction {
	return AliasAction{Action: "rename", Alias: alias, To: to}
}
