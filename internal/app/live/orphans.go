package live

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// removeOrphans removes index files that are named as those of databases and belong to none:
// a kill between the end of a drop and the removal of its file leaves one. What does not
// bear our mark stays.
func (r *Registry) removeOrphans(ctx context.Context) {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return // whoever needs the directory will say so
	}
	found := map[string]ports.FileEngine{} // by file name
	for _, engine := range r.engines {
		fe, ok := engine.(ports.FileEngine)
		if !ok {
			continue
		}
		for _, e := range entries {
			if _, named := domain.FileID(e.Name(), fe.Extension()); named && e.Type().IsRegular() {
				found[e.Name()] = fe
			}
		}
	}
	if len(found) == 0 {
		return
	}
	known, err := r.knownIDs(ctx)
	if err != nil {
		return // an orphan does no harm, and the next start tries again
	}
	for name, fe := range found {
		if id, _ := domain.FileID(name, fe.Extension()); !known[strings.ToLower(id)] {
			r.removeOrphan(ctx, id, name, fe)
		}
	}
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

// removeOrphan removes the file called name, unless it is that of a database by now.
func (r *Registry) removeOrphan(ctx context.Context, id, name string, fe ports.FileEngine) {
	unlock, err := r.graphLocks.Lock(ctx, id) // no file is saved while it is held
	if err != nil {
		return
	}
	defer unlock()
	if known, err := r.knownIDs(ctx); err != nil || known[strings.ToLower(id)] {
		return
	}
	if err := fe.Remove(filepath.Join(r.dir, name)); err != nil && !errors.Is(err, domain.ErrForeignFile) {
		r.report(id, err)
	}
}
