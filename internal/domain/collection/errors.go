package collection

import "github.com/memista/memista/internal/domain"

// Kind is what a name names.
type Kind string

// The kinds of things with names.
const (
	ACollection Kind = "collection"
	AnAlias     Kind = "alias"
	ATenant     Kind = "tenant"
	ASpace      Kind = "database" // of a tenant
)

// NameError is the ErrNotFound or ErrConflict for a name.
type NameError struct {
	What Kind
	Name string
	Err  *domain.Error
}

// Error returns the message for callers of memista's own API.
func (e *NameError) Error() string { return e.Err.Error() }

// Unwrap returns the error with the message.
func (e *NameError) Unwrap() error { return e.Err }

// NotFound is the ErrNotFound for a name.
func NotFound(what Kind, name string) error {
	return &NameError{what, name, &domain.Error{Kind: domain.ErrNotFound, Message: title[what] + " '" + name + "' not found"}}
}

// Exists is the ErrConflict for a name that is taken by a thing of that kind.
func Exists(what Kind, name string) error {
	return &NameError{what, name, &domain.Error{Kind: domain.ErrConflict, Message: title[what] + " '" + name + "' exists already"}}
}

// Stays is the ErrConflict for dropping what always exists.
func Stays(what Kind, name string) error {
	return &NameError{what, name, &domain.Error{Kind: domain.ErrConflict, Message: title[what] + " '" + name + "' cannot be dropped"}}
}

var title = map[Kind]string{ACollection: "Collection", AnAlias: "Alias", ATenant: "Tenant", ASpace: "Tenant's database"}

// NoAlias is the ErrConflict for an alias that a collection or a database has for a name.
func NoAlias(name string) error {
	return &NameError{ACollection, name, &domain.Error{Kind: domain.ErrConflict, Message: "'" + name + "' is the name of a database: it cannot be an alias"}}
}

// Filled is the ErrConflict for dropping a space with collections in it.
func Filled(name string) error {
	return &NameError{ASpace, name, &domain.Error{Kind: domain.ErrConflict, Message: title[ASpace] + " '" + name + "' has collections"}}
}
