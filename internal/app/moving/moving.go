// Package moving takes databases to other servers, and in: what changes in one since a moment,
// chunks that are stored as they are elsewhere, writers that are kept out while another server
// takes over, and the names that other surfaces have for databases.
package moving

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/feed"
	"github.com/memista/memista/internal/ports"
)

// Config is what a Mover is made of. Live, Limits, Check and CheckVectors are needed.
type Config struct {
	Live   *live.Registry
	Feeds  ports.Feeds       // nil: no changes are kept, and no writer can be kept out
	Names  ports.NameCarrier // nil: there are no names but ids
	Forget func()            // has names read again; called after they have changed
	Limits domain.Limits
	// Check refuses chunks that no database can have, CheckVectors those that one with these
	// settings cannot.
	Check        func(chunks []domain.Chunk) error
	CheckVectors func(chunks []domain.Chunk, set domain.Settings) error
}

// New returns a Mover over c.
func New(c Config) *Mover { return &Mover{c: c} }

// Mover takes databases away and in. It is safe for concurrent use. Databases are named by
// their ids: an alias is none here.
type Mover struct{ c Config }

// Over returns the Mover of a service over repo, with what repo has of the parts that c lacks.
func Over(repo ports.ChunkRepository, c Config) *Mover {
	if k, ok := repo.(ports.FeedKeeper); ok {
		c.Feeds = k.Feeds()
	}
	if k, ok := repo.(ports.CollectionKeeper); ok {
		c.Names, _ = k.Collections().(ports.NameCarrier)
	}
	return New(c)
}

// DefaultChanges is about how many changes a page has where nothing is said.
const DefaultChanges = 1000

// Changes asks for what changed in a database.
type Changes struct {
	Database string
	// After is the Next of an earlier page; "" begins a feed at the present, with a page
	// without changes.
	After  string
	Limit  int           // about how many changes at most; 0: DefaultChanges
	Keep   time.Duration // how long changes are kept from now on; 0: feed.DefaultKeep
	Close  bool          // end the feed instead: its changes are kept no longer
	Fields domain.Fields // of the chunks
}

// ChangePage is a part of what changed: the deletes come before the chunks.
type ChangePage struct {
	Chunks  []domain.Chunk // new and changed ones
	Deleted []int64
	Keys    []string // those that deleted chunks had; a chunk of Chunks may have one by now
	Next    string   // After of the next page; "" of a feed that was closed
	More    bool     // there is more by now
}

// Changes returns what changed in a database after a place, in order. Whoever applies page by
// page to a copy that was made after the feed began has the database of one moment whenever
// there is no More. It is ErrStartOver where the changes are not kept any more.
func (m *Mover) Changes(ctx context.Context, in Changes) (ChangePage, error) {
	leave, db, err := m.enter(ctx, in.Database)
	if err != nil {
		return ChangePage{}, err
	}
	defer leave()
	if in.Limit < 0 || in.Limit > m.c.Limits.Chunks {
		return ChangePage{}, domain.FieldErrorf(domain.ErrInvalid, "limit", "must be between 1 and %d, got %d", m.c.Limits.Chunks, in.Limit)
	}
	if in.Keep < 0 || in.Keep > feed.MaxKeep {
		return ChangePage{}, domain.Errorf(domain.ErrInvalid, "changes can be kept for %d seconds at most, got %v", int64(feed.MaxKeep/time.Second), in.Keep)
	}
	page, err := m.changes(ctx, db, in)
	if err != nil {
		return ChangePage{}, fmt.Errorf("changes of %q: %w", in.Database, err)
	}
	return page, nil
}

func (m *Mover) changes(ctx context.Context, db domain.Database, in Changes) (ChangePage, error) {
	keep := cmp.Or(in.Keep, feed.DefaultKeep)
	if in.After == "" {
		if in.Close {
			return ChangePage{}, domain.Errorf(domain.ErrInvalid, "the feed to close is named by after")
		}
		at, err := m.c.Feeds.OpenFeed(ctx, db, keep)
		return ChangePage{Next: at.String()}, err
	}
	at, err := feed.ParseCursor(in.After)
	if err != nil {
		return ChangePage{}, err
	}
	if in.Close {
		return ChangePage{}, m.c.Feeds.CloseFeed(ctx, db, at)
	}
	r := feed.Read{After: at, Limit: cmp.Or(in.Limit, DefaultChanges), Fields: in.Fields, Keep: keep, MaxBytes: m.c.Limits.Answer / 2}
	page, err := m.c.Feeds.ReadFeed(ctx, db, r)
	for errors.Is(err, domain.ErrTooLarge) && r.Limit > 1 {
		r.Limit /= 4
		r.Limit = max(r.Limit, 1)
		page, err = m.c.Feeds.ReadFeed(ctx, db, r)
	}
	if err != nil {
		return ChangePage{}, err
	}
	return ChangePage{Chunks: page.Chunks, Deleted: page.Deleted, Keys: page.Keys, Next: page.Next.String(), More: page.More}, nil
}

// Hold keeps the writers of a database out, or lets them in again, and returns its state from
// then on; with a nil h it only tells that.
func (m *Mover) Hold(ctx context.Context, id string, h *feed.Hold) (feed.State, error) {
	leave, db, err := m.enter(ctx, id)
	if err != nil {
		return feed.State{}, err
	}
	defer leave()
	var state feed.State
	if h == nil {
		state, err = m.c.Feeds.Held(ctx, db)
	} else {
		state, err = m.c.Feeds.Hold(ctx, db, *h)
	}
	if err != nil {
		return feed.State{}, fmt.Errorf("hold %q: %w", id, err)
	}
	return state, nil
}

// enter begins a call about database id that needs feeds.
func (m *Mover) enter(ctx context.Context, id string) (leave func(), db domain.Database, err error) {
	leave, err = m.c.Live.Enter()
	if err != nil {
		return nil, db, err
	}
	if m.c.Feeds == nil {
		err = domain.Errorf(domain.ErrUnsupported, "where these databases are kept no changes are told, and no writers kept out")
	} else {
		db, err = m.c.Live.Find(ctx, id)
	}
	if err != nil {
		leave()
		return nil, db, err
	}
	return leave, db, nil
}

// CarriedNames returns what databases are called by other surfaces.
func (m *Mover) CarriedNames(ctx context.Context) (collection.Names, error) {
	leave, err := m.named()
	if err != nil {
		return collection.Names{}, err
	}
	defer leave()
	return m.c.Names.AllNames(ctx)
}

// PutNames adds names to those that are there, all or none; see ports.NameCarrier.
func (m *Mover) PutNames(ctx context.Context, n collection.Names) error {
	leave, err := m.named()
	if err != nil {
		return err
	}
	defer leave()
	if err := m.c.Names.PutNames(ctx, n, m.c.Forget); err != nil {
		return fmt.Errorf("put names: %w", err)
	}
	return nil
}

func (m *Mover) named() (leave func(), err error) {
	if m.c.Names == nil {
		return nil, domain.Errorf(domain.ErrUnsupported, "where these databases are kept there are no collections and no aliases")
	}
	return m.c.Live.Enter()
}
