package ports

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Catalog knows which databases exist. Implementations are safe for concurrent use.
type Catalog interface {
	// Create makes a database with settings s. If id exists with the same settings
	// (zero settings match anything) it returns that one and false; with others, or if
	// id differs from an existing one in case only, it returns ErrConflict. applied, if
	// not nil, is called as Write calls Batch's, when a database was made.
	Create(ctx context.Context, id string, s domain.Settings, applied func(domain.Database)) (domain.Database, bool, error)

	// Find returns the database called id, or ErrNotFound.
	Find(ctx context.Context, id string) (domain.Database, error)

	// List returns all databases in the order of their ids.
	List(ctx context.Context) ([]domain.Database, error)

	// Drop removes the database called id and everything in it, or returns ErrNotFound.
	// The name is free as soon as Drop returns; space may be given back later. applied
	// is called as Write's is.
	Drop(ctx context.Context, id string, applied func(domain.Database)) error
}

// ChunkRepository stores databases and their chunks. What it has acknowledged survives
// a crash of the process and of the machine. Implementations are safe for concurrent use.
type ChunkRepository interface {
	Catalog

	// Write stores the whole batch or nothing of it, durably, and returns what became
	// of it. A bad batch never harms another one that is stored at the same time.
	//
	// applied, if not nil, is called once, after the batch is durable and before Write
	// returns. Calls for one repository never overlap and follow the order of the
	// commits, so whoever applies them one by one to an index has at each moment the
	// state of the rows at Commit.Database.Sequence. It must not call the repository.
	//
	// When ctx ends before the batch was begun, nothing is stored and Write returns
	// ctx.Err(); once begun, the batch is seen to its end, so an error other than that
	// of a failing disk always means: nothing was stored.
	//
	// Errors: ErrNotFound (database, or a chunk to replace), ErrDimension, ErrConflict,
	// ErrDiskFull, ErrReadOnly, ErrClosed. Embeddings and metadata are taken as they
	// are: checking numbers is the caller's part. Slices of the batch are not kept.
	Write(ctx context.Context, b domain.Batch, applied func(domain.Commit)) (domain.Commit, error)

	// Chunks returns the selected chunks of db, with the parts named by fields: by ids
	// or keys in the order asked (unknown ones are left out), else in order of ids. All
	// rows come from one moment. If this life of db has ended it returns ErrNotFound, and
	// ErrTooLarge for more than Selection allows.
	// The caller owns the result.
	Chunks(ctx context.Context, db domain.Database, sel domain.Selection, fields domain.Fields) ([]domain.Chunk, error)

	// Close finishes what was begun and releases the files. Later calls return
	// ErrClosed. Close may be called twice.
	Close() error

	ChangeLog
	FilterReader
	KeyReader
	Expirer
	Alterer
	Reembedder
	Backuper
	Verifier
	HealthReporter
	StatsProvider

	// WriteProtected reports whether every write will fail, for as long as it is open.
	WriteProtected() bool
}

// Changes is what happened to a database after a state it once had.
type Changes struct {
	Written  []int64         // chunks that are there and were written since, in ascending order; perhaps not those whose embedding stayed
	Deleted  []int64         // chunks that were deleted since
	Database domain.Database // the state that the changes lead to
	Expiring []domain.Expiry // all chunks that expire at some time, in that state
}

// ChangeLog is the part of a ChunkRepository that remembers what changed, so that an index that was
// saved is brought up to date instead of being made anew.
type ChangeLog interface {
	// KeepChanges makes the repository remember the changes of db from its present state
	// on, if it does not yet, and forget those up to sequence since, except that the
	// state at since stays known. It returns the present state.
	KeepChanges(ctx context.Context, db domain.Database, since int64) (domain.Database, error)

	// ForgetChanges makes the repository forget the changes of db and remember no more of
	// them, until KeepChanges is called again.
	ForgetChanges(ctx context.Context, db domain.Database) error

	// ChangesSince returns what happened to db after the state snap. If db never had that
	// state, or no longer remembers, it returns ErrStaleSnapshot.
	ChangesSince(ctx context.Context, db domain.Database, snap Snapshot) (Changes, error)
}

// FilterReader is the part of a ChunkRepository that says which chunks a filter selects.
type FilterReader interface {
	// Matching returns the ids of the chunks of db that f selects, in ascending order: the
	// first sel.Limit ones above sel.After, without those that have expired at sel.At, if
	// that is a time. All come from one moment. If this life of db has ended it returns
	// ErrNotFound.
	Matching(ctx context.Context, db domain.Database, f *filterlang.Filter, sel domain.Selection) ([]int64, error)
}

// KeyReader is the part of a ChunkRepository that reads chunks in the order of their keys.
type KeyReader interface {
	// InKeyOrder returns the chunks of db that sel selects, with the parts named by fields. All
	// is of one moment. If this life of db has ended it returns ErrNotFound. The caller owns
	// the result.
	InKeyOrder(ctx context.Context, db domain.Database, sel domain.KeySelection, fields domain.Fields) (domain.KeyPage, error)
}

// Due are chunks of one database whose time has come.
type Due struct {
	Database string
	IDs      []int64
}

// Expirer is the part of a ChunkRepository that finds chunks by the time at which they expire.
type Expirer interface {
	// Due returns at most limit chunks that have expired at now, those first that did so
	// longest ago. They are still there: a Write with ExpiredOnly deletes them.
	Due(ctx context.Context, now time.Time, limit int) ([]Due, error)

	// FindLive and ListLive are Find and List, but Chunks does not count the chunks that
	// have expired at now. What they return is of one moment: of counts and expired chunks
	// that are read one after the other, some may be swept in between.
	FindLive(ctx context.Context, id string, now time.Time) (domain.Database, error)
	ListLive(ctx context.Context, now time.Time) ([]domain.Database, error)
}
