package ports

import (
	"context"
	"io"

	"github.com/memista/memista/internal/domain"
)

// HealthReporter is the part of a ChunkRepository that knows what is wrong with it.
type HealthReporter interface {
	// Problems returns what is wrong now, in the order of the databases, what is about
	// all of them first. One that has passed is not in it any more.
	Problems() []domain.Problem
}

// Backuper is the part of a ChunkRepository by which it is copied while it is in use. Writers do not
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

// Verifier is the part of a ChunkRepository that checks all it holds.
type Verifier interface {
	// Verify reads everything as it is at one moment and reports what is not as it was
	// stored: pages, chunks, embeddings, keys, counters. With repair it repairs what it can
	// without losing a chunk: one that is damaged is taken out of its database and kept
	// apart; applied is told as Write's is.
	Verify(ctx context.Context, repair bool, applied func(domain.Commit)) (domain.Report, error)
}
