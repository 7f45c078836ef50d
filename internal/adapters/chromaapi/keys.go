package chromaapi

import (
	"context"
	"slices"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// keys says how the ids of a collection's records are written as keys of chunks.
type keys struct{ form collections.KeyForm }

func keysOf(col collection.Collection) keys { return keys{collections.KeyForm(col.Keys)} }

// key returns the key of the record with an id.
func (k keys) key(id string) string { return k.form.Key(collections.Text(id)) }

// id returns the id of the record that a chunk is.
func (k keys) id(c *domain.Chunk) string {
	id := k.form.ID(c.Key, c.ID)
	return id.String()
}

// refsOf names the chunks that ids may mean: first those with their keys.
func (k keys) refsOf(ids []string) (first, second []domain.Ref, ofSecond []string) {
	for _, id := range ids {
		i := collections.Text(id)
		first = append(first, domain.Ref{Key: k.form.Key(i)})
		for _, ref := range k.form.Fallback(i) {
			second, ofSecond = append(second, ref), append(ofSecond, id)
		}
	}
	return first, second, ofSecond
}

// chunksOf returns the chunks of col that ids name, each once, with the parts named by
// fields, in the order in which they were inserted.
func (a *api) chunksOf(ctx context.Context, col collection.Collection, ids []string, fields domain.Fields) ([]domain.Chunk, error) {
	k := keysOf(col)
	first, second, ofSecond := k.refsOf(unique(ids))
	chunks, err := a.chunks(ctx, col, first, fields)
	if err != nil {
		return nil, err
	}
	if len(chunks) < len(first) && len(second) > 0 {
		more, err := a.fallbacks(ctx, col, chunks, second, ofSecond, fields)
		if err != nil {
			return nil, err
		}
		chunks = append(chunks, more...)
	}
	slices.SortFunc(chunks, func(a, b domain.Chunk) int { return int(a.ID - b.ID) })
	return slices.CompactFunc(chunks, func(a, b domain.Chunk) bool { return a.ID == b.ID }), nil
}

// fallbacks returns the chunks that ids mean which are the keys of none in found: those that
// are shown under these ids.
func (a *api) fallbacks(ctx context.Context, col collection.Collection, found []domain.Chunk, refs []domain.Ref, ids []string, fields domain.Fields) ([]domain.Chunk, error) {
	k := keysOf(col)
	known := make(map[string]bool, len(found))
	for i := range found {
		known[k.id(&found[i])] = true
	}
	wanted := map[string]bool{}
	left := make([]domain.Ref, 0, len(refs))
	for i, ref := range refs {
		if !known[ids[i]] {
			left, wanted[ids[i]] = append(left, ref), true
		}
	}
	chunks, err := a.chunks(ctx, col, left, fields)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(chunks, func(c domain.Chunk) bool { return !wanted[k.id(&c)] }), nil
}

// chunks returns the chunks that refs name, of which there may be more than one call takes.
func (a *api) chunks(ctx context.Context, col collection.Collection, refs []domain.Ref, fields domain.Fields) ([]domain.Chunk, error) {
	var all []domain.Chunk
	for part := range slices.Chunk(refs, a.uses.Limits().Chunks) {
		chunks, err := a.uses.Fetch(ctx, app.Fetch{Database: col.ID, Number: col.Number, Refs: part, Fields: fields})
		if err != nil {
			return nil, err
		}
		all = append(all, chunks...)
	}
	return all, nil
}

// placesOf names the chunks that ids mean, each once, and says at which places of ids they
// do. An id that no chunk has names one that does not exist.
func (a *api) placesOf(ctx context.Context, col collection.Collection, ids []string) (refs []app.Ref, places [][]int, err error) {
	k := keysOf(col)
	shown, err := a.keyless(ctx, col, ids)
	if err != nil {
		return nil, nil, err
	}
	at := make(map[app.Ref]int, len(ids))
	for i, id := range ids {
		ref, ok := shown[id]
		if !ok {
			ref = app.Ref{Key: k.key(id)}
		}
		j, known := at[ref]
		if !known {
			j = len(refs)
			at[ref] = j
			refs, places = append(refs, ref), append(places, nil)
		}
		places[j] = append(places[j], i)
	}
	return refs, places, nil
}

// keyless returns which of ids mean chunks that have another key, or none.
func (a *api) keyless(ctx context.Context, col collection.Collection, ids []string) (map[string]app.Ref, error) {
	k := keysOf(col)
	first, second, ofSecond := k.refsOf(unique(ids))
	if len(second) == 0 {
		return nil, nil
	}
	found, err := a.chunks(ctx, col, first, 0)
	if err != nil || len(found) == len(first) {
		return nil, err
	}
	more, err := a.fallbacks(ctx, col, found, second, ofSecond, 0)
	if err != nil {
		return nil, err
	}
	shown := make(map[string]app.Ref, len(more))
	for i := range more {
		shown[k.id(&more[i])] = app.Ref{ID: more[i].ID}
	}
	return shown, nil
}

// elsewhere returns which of ids are shown for chunks that have another key, or none.
func (a *api) elsewhere(ctx context.Context, col collection.Collection, ids []string) (map[string]bool, error) {
	k := keysOf(col)
	_, refs, of := k.refsOf(unique(ids))
	if len(refs) == 0 {
		return nil, nil
	}
	found, err := a.fallbacks(ctx, col, nil, refs, of, 0)
	if err != nil {
		return nil, err
	}
	shown := make(map[string]bool, len(found))
	for i := range found {
		if id := k.id(&found[i]); found[i].Key != k.key(id) {
			shown[id] = true
		}
	}
	return shown, nil
}

// unique returns the ids without those that occur earlier.
func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	list := make([]string, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			list = append(list, id)
		}
	}
	return list
}
