package ports

import (
	"context"

	"github.com/memista/memista/internal/domain"
)

// IndexFiles keeps graphs of databases in files, one for each engine and database. It is
// safe for concurrent use, but calls for one database must not overlap.
type IndexFiles interface {
	// Open reads the file of database id; see FileEngine.Open.
	Open(e FileEngine, id string, s IndexSettings, life domain.Incarnation) (VectorIndex, Snapshot, error)
	// Save writes ix, made by e, to the file of database id; see Saver.Save.
	Save(ctx context.Context, e FileEngine, id string, ix Saver, snap Snapshot) error
	// Remove removes the file of database id; see FileEngine.Remove.
	Remove(e FileEngine, id string) error
	// List returns the ids of the databases of which there seem to be files of e: what the
	// files hold is not looked at.
	List(e FileEngine) ([]string, error)
	// Size is how many bytes the file of database id has; 0: there is none.
	Size(e FileEngine, id string) int64
}
