// Package orphans removes index files that are named as those of databases and belong to
// none: a kill between the end of a drop and the removal of its file leaves one.
package orphans

import (
	"context"
	"strings"

	"github.com/memista/memista/internal/ports"
)

// Remover removes the index files that belong to no database.
type Remover struct {
	// All calls fn with the id of every index file, and what removes that.
	All     func(fn func(id string, remove func() error))
	Catalog ports.Catalog
	// Lock keeps files of a database from being saved until unlock.
	Lock   func(ctx context.Context, id string) (unlock func(), err error)
	Report func(id string, err error)
}

// Remove removes them. What does not bear our mark stays.
func (r Remover) Remove(ctx context.Context) {
	var known map[string]bool
	r.All(func(id string, remove func() error) {
		if known == nil {
			var err error
			if known, err = r.knownIDs(ctx); err != nil {
				return // an orphan does no harm, and the next start tries again
			}
		}
		if !known[strings.ToLower(id)] {
			r.remove(ctx, id, remove)
		}
	})
}

// knownIDs are the ids of all databases, in lower case: some file systems ignore it.
func (r Remover) knownIDs(ctx context.Context) (map[string]bool, error) {
	list, err := r.Catalog.List(ctx)
	known := make(map[string]bool, len(list))
	for _, d := range list {
		known[strings.ToLower(d.ID)] = true
	}
	return known, err
}

// remove removes the file of database id, unless there is such a database by now.
func (r Remover) remove(ctx context.Context, id string, remove func() error) {
	unlock, err := r.Lock(ctx, id)
	if err != nil {
		return
	}
	defer unlock()
	if known, err := r.knownIDs(ctx); err != nil || known[strings.ToLower(id)] {
		return
	}
	if err := remove(); err != nil {
		r.Report(id, err)
	}
}
