package memista

import (
	"context"
	"fmt"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/feed"
)

// Changes returns what changed in a database after a place: the Next of an earlier page, or
// with "" the present, from which on changes are kept. It is ErrStartOver where they are not
// kept any more. o may be nil.
func (db *DB) Changes(ctx context.Context, id string, o *ChangesOptions) (ChangePage, error) {
	if o == nil {
		o = &ChangesOptions{}
	}
	parts, err := fields(o.Include)
	if err != nil {
		return ChangePage{}, err
	}
	found, err := db.svc.Changes(ctx, app.Changes{Database: id, After: o.After, Limit: o.Limit, Keep: o.Keep, Close: o.Close, Fields: parts})
	if err != nil {
		return ChangePage{}, err
	}
	page := ChangePage{Chunks: make([]Chunk, len(found.Chunks)), Deleted: found.Deleted, DeletedKeys: found.Keys, Next: found.Next, More: found.More}
	for i, c := range found.Chunks {
		page.Chunks[i] = fromChunk(c)
	}
	return page, nil
}

// Load makes a database what another one is: chunks are stored under the ids they bring, and
// all else about them stays as it is. What it did twice it did once.
func (db *DB) Load(ctx context.Context, id string, l Load) (Loaded, error) {
	in := app.Load{Database: id, Delete: l.Delete, DeleteKeys: l.DeleteKeys, NextID: l.NextID, Chunks: make([]domain.Chunk, len(l.Chunks))}
	for i := range l.Chunks {
		c := l.Chunks[i]
		c.ID, c.TTL = 0, 0
		one, err := toChunks([]Chunk{c})
		if err != nil {
			return Loaded{}, domain.At(err, fmt.Sprintf("chunks[%d]", i))
		}
		in.Chunks[i] = one[0]
		in.Chunks[i].ID, in.Chunks[i].ExpiresAt = l.Chunks[i].ID, c.ExpiresAt
	}
	done, err := db.svc.Load(ctx, in)
	return Loaded(done), err
}

// Hold keeps the writers of a database out, or lets them in again, and returns its state from
// then on. With nil it only returns that.
func (db *DB) Hold(ctx context.Context, id string, h *Hold) (HoldState, error) {
	var want *feed.Hold
	if h != nil {
		want = &feed.Hold{For: h.For, Moved: h.Moved, IfSequence: h.IfSequence}
	}
	s, err := db.svc.Hold(ctx, id, want)
	return HoldState{Sequence: s.Sequence, Chunks: s.Chunks, NextID: s.NextID, Until: s.Until, Moved: s.Moved}, err
}

// CarriedNames returns what databases are called by other surfaces.
func (db *DB) CarriedNames(ctx context.Context) (Names, error) {
	found, err := db.svc.CarriedNames(ctx)
	if err != nil {
		return Names{}, err
	}
	n := Names{Tenants: found.Tenants}
	for _, s := range found.Spaces {
		n.Spaces = append(n.Spaces, Space(s))
	}
	for _, c := range found.Collections {
		n.Collections = append(n.Collections, Collection{
			Space: Space(c.Space), Name: c.Name, ID: c.ID, UUID: c.UUID.String(), Surface: string(c.Surface), Keys: string(c.Keys), Config: c.Config,
		})
	}
	for _, a := range found.Aliases {
		n.Aliases = append(n.Aliases, Alias{Alias: a.Alias, Database: a.ID})
	}
	return n, nil
}

// PutNames adds names to those that are there, all or none: one that another database has is
// ErrConflict.
func (db *DB) PutNames(ctx context.Context, n Names) error {
	in := collection.Names{Tenants: n.Tenants}
	for _, s := range n.Spaces {
		in.Spaces = append(in.Spaces, collection.Space(s))
	}
	for _, c := range n.Collections {
		u, ok := collection.ParseUUID(c.UUID)
		if !ok {
			return domain.Errorf(domain.ErrInvalid, "collection '%s' has no valid UUID: %q", c.Name, c.UUID)
		}
		in.Collections = append(in.Collections, collection.Collection{
			Space: collection.Space(c.Space), Name: c.Name, ID: c.ID, UUID: u, Surface: collection.Surface(c.Surface), Keys: collection.Keys(c.Keys), Config: c.Config,
		})
	}
	for _, a := range n.Aliases {
		in.Aliases = append(in.Aliases, collection.Alias{Alias: a.Alias, ID: a.Database})
	}
	return db.svc.PutNames(ctx, in)
}
