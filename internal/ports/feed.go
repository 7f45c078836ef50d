package ports

import (
	"context"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/feed"
)

// Feeds is the part of a store that lets databases leave for another one: it tells what
// changes in them, and keeps their writers out. Implementations are safe for concurrent use.
type Feeds interface {
	// OpenFeed has the changes of db kept from now on, until keep has passed, and returns its
	// state.
	OpenFeed(ctx context.Context, db domain.Database, keep time.Duration) (feed.Cursor, error)

	// ReadFeed returns the changes of db after a place, in their order, and forgets those
	// before it unless another feed is to have them. All of a page is of one moment. If they
	// are not kept any more, or the embeddings were exchanged in between, it returns
	// ErrStartOver. Other errors: ErrNotFound, if this life of db has ended; ErrTooLarge.
	ReadFeed(ctx context.Context, db domain.Database, r feed.Read) (feed.Page, error)

	// CloseFeed forgets the feed of a cursor; one that is not there is fine.
	CloseFeed(ctx context.Context, db domain.Database, of feed.Cursor) error

	// Hold keeps the writers of db out, or lets them in again, durably, and returns the state
	// of db at that moment: once it has returned, no batch but one with ExpiredOnly changes
	// it. It is ErrConflict if other embeddings are being made for db, or h.IfSequence is not
	// its state.
	Hold(ctx context.Context, db domain.Database, h feed.Hold) (feed.State, error)

	// Held returns the state of db without changing it.
	Held(ctx context.Context, db domain.Database) (feed.State, error)
}

// FeedKeeper is a ChunkRepository that has Feeds. From one without no database can be moved
// while it is written.
type FeedKeeper interface {
	Feeds() Feeds
}

// NameCarrier is a Collections whose names can be taken to another one.
type NameCarrier interface {
	// AllNames returns all that the registry has, of one moment.
	AllNames(ctx context.Context) (collection.Names, error)

	// PutNames adds names to those that are there, all or none. Collections and aliases whose
	// database does not exist are ErrNotFound; a name, an alias or a UUID that another
	// database has is ErrConflict. What is there already stays.
	PutNames(ctx context.Context, n collection.Names, applied func()) error
}
