package live

import (
	"context"
	"strings"
)

// removeOrphans removes index files that are named as those of databases and belong to none:
// a kill between the end of a drop and the removal of its file leaves one. What does not
// bear our mark stays.
func (r *Registry) removeOrphans(ctx context.Context) {
	var known map[string]bool
	r.files.All(func(id string, remove func() error) {
		if known == nil {
			var err error
			if known, err = r.knownIDs(ctx); err != nil {
				return // an orphan does no harm, and the next start tries again
			}
		}
		if !known[strings.ToLower(id)] {
			r.removeOrphan(ctx, id, remove)
		}
	})
}

// knownIDs are the ids of all databases, in lower case: some file systems ignore it.
func (r *Registry) knownIDs(ctx context.Context) (map[string]bool, error) {
	list, err := r.repo.List(ctx)
	known := make(map[string]bool, len(list))
	for _, d := range list {
		known[strings.ToLower(d.ID)] = true
	}
	return known, err
}

// removeOrphan removes the file of database id, unless there is such a database by now.
func (r *Registry) removeOrphan(ctx context.Context, id string, remove func() error) {
	unlock, err := r.graphLocks.Lock(ctx, id) // no file is saved while it is held
	if err != nil {
		return
	}
	defer unlock()
	if known, err := r.knownIDs(ctx); err != nil || known[strings.ToLower(id)] {
		return
	}
	if err := remove(); err != nil {
		r.report(id, err)
	}
}
