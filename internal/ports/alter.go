package ports

import (
	"context"

	"github.com/memista/memista/internal/domain"
)

// Alterer is the part of a ChunkRepository that changes the settings of a database.
type Alterer interface {
	// Alter has change change the settings of db, all at once and durably, and returns db as
	// it is then. change is called inside the transaction with the settings of that moment; it
	// must be quick and must not call the repository, and its error refuses the whole. applied
	// is called as Write's is, in the order of the commits.
	//
	// A FullText that is not empty and other than before needs PrepareText first, else it is
	// ErrUnavailable. Errors: ErrNotFound if this life of db has ended, what change returns.
	Alter(ctx context.Context, db domain.Database, change func(*domain.Settings) error, applied func(domain.Database)) (domain.Database, error)

	// PrepareText indexes the texts of db with the tokenizer t beside the index that is
	// searched, and returns when all are in it; later changes follow until Alter, ForgetText or
	// the end of the repository. told, if not nil, is told up to which chunk it has come. A
	// second one for db ends the first. Errors: ErrNotFound, ErrUnsupported.
	PrepareText(ctx context.Context, db domain.Database, t domain.Tokenizer, told func(upTo int64)) error

	// ForgetText gives up what PrepareText has made, if it is not in use.
	ForgetText(ctx context.Context, db domain.Database) error
}
