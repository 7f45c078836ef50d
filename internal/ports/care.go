package ports

import (
	"context"
	"io"

	"github.com/memista/memista/internal/domain"
)

// HealthReporter is a ChunkRepository that knows what is wrong with it.
type HealthReporter interface {
	// Problems returns what is wrong now, in the order of the databases, what is about
	// all of them first. One that has passed is not in it any more.
	Problems() []domain.Problem
}

// Backuper is a ChunkRepository that can be copied while it is in use. Writers do not
// wait for a copy. One copy is made at a time: a second one meanwhile is ErrBusy.
type Backuper interface {
	// BackupTo writes all databases, as they are at one moment, to a new file at path,
	// and returns its size. It is in place, whole and durable, when BackupTo returns; a
	// file that is there already is ErrConflict. Without enough room it is ErrDiskFull.
	// On error nothing is left at path.
	BackupTo(ctx context.Context, path string) (int64, error)

	// Backup makes such a file where the repository keeps its own, and opens it. It is
	// gone when it is closed, or when the repository is opened next.
	Backup(ctx context.Context) (BackupFile, error)
}

// BackupFile is a finished copy of a repository.
type BackupFile interface {
	io.ReadCloser
	Size() int64
}
