package qdrantapi

import (
	"context"
	"maps"
	"slices"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/find"
	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// writer changes the points of one collection.
type writer struct {
	uses   UseCases
	t      *target
	finder *find.Finder
}

func (a *api) writer(c call, t *target) *writer {
	return &writer{uses: a.uses, t: t, finder: a.finder(c, t)}
}

// chunk returns a point as a chunk.
func (w *writer) chunk(p *decode.Point) (domain.Chunk, error) {
	c := domain.Chunk{Key: w.t.in.Keys.Key(p.ID), Metadata: object(p.Payload)}
	if err := w.setVector(&c, &p.Vector); err != nil {
		return c, err
	}
	if p.Vector.Words == nil {
		w.setText(&c)
	}
	return c, w.checkNear(&c, p.Vector.Near)
}

// checkNear refuses a text that a vector is to be made of where it is not that of c: the core
// makes embeddings of what a chunk says. In a database that this API has not made, one that
// says nothing gets the text.
func (w *writer) checkNear(c *domain.Chunk, near string) error {
	if near == "" {
		return nil
	}
	if c.Text == "" && !w.t.own() {
		c.Text = near
	}
	if c.Text != near {
		return said.Unsupported("memista makes the vector of a point of the text in its payload, and this one is another: send it as the member text of the payload, or send a vector")
	}
	return nil
}

// object returns a payload as metadata.
func object(text string) domain.Metadata {
	if text == "" {
		text = payload.Empty
	}
	return domain.Metadata{Form: domain.ObjectMetadata, Text: text}
}

// textNames are the members of payloads that most programs keep texts in.
var textNames = []string{"content", "page_content", "document", "text"}

// setText gives c the text of its payload, by which words find it: that of the fields with an
// index of words, else of the usual ones. In a database that this API has not made the
// text is the member text.
func (w *writer) setText(c *domain.Chunk) {
	if !w.t.own() {
		c.Metadata.Text, c.Text = payload.WithoutText(c.Metadata.Text)
		return
	}
	c.Text = ""
	for path, field := range w.t.config.Fields {
		if p, err := payload.ParsePath(path); field.Type == "text" && err == nil {
			if text := payload.TextAt(c.Metadata.Text, p); text != "" {
				c.Text += text + "\n"
			}
		}
	}
	if c.Text == "" {
		c.Text, _ = payload.Text(c.Metadata.Text, textNames...)
	}
}

// setVector gives c what v has.
func (w *writer) setVector(c *domain.Chunk, v *decode.Vector) error {
	if v.Near != "" && w.t.settings.Embedder.Provider == "" {
		return said.Unsupported("this collection has no embedder: send a vector")
	}
	if v.Sparse != nil {
		all := domain.SparseVectors{} // what is stored belongs to others too
		maps.Copy(all, c.Sparse)
		maps.Copy(all, v.Sparse)
		c.Sparse = all
	}
	if v.Named != nil {
		all := domain.Vectors{}
		maps.Copy(all, c.Vectors)
		for name, one := range v.Named {
			if want := w.t.in.Named[name].Dims; len(one) != want {
				return said.Dimension(want, len(one))
			}
			all[name] = one
		}
		c.Vectors = all
	}
	if v.Dense != nil {
		if w.t.settings.Dims == 0 {
			w.t.settings.Dims = len(v.Dense) // the first one decides
		}
		if len(v.Dense) == 0 || len(v.Dense) != w.t.settings.Dims {
			return said.Dimension(w.t.settings.Dims, len(v.Dense))
		}
		c.Embedding = v.Dense
	}
	if v.Words != nil {
		if !w.t.own() {
			return said.Unsupported("this collection was not made by the API of Qdrant: words are found in the text of its payload, and sparse vectors are sent with indices and values")
		}
		c.Text = *v.Words
	}
	return nil
}

// upsert stores points: each takes the place of the one with its id. Of several with one id
// the last counts.
func (w *writer) upsert(ctx context.Context, up *decode.Upsert) error {
	at := make(map[string]int, len(up.Points))
	chunks := make([]domain.Chunk, 0, len(up.Points))
	ids := make([]collections.ID, 0, len(up.Points))
	for i := range up.Points {
		c, err := w.chunk(&up.Points[i])
		if err != nil {
			return err
		}
		if j, twice := at[c.Key]; twice {
			chunks[j] = c
			continue
		}
		at[c.Key] = len(chunks)
		chunks, ids = append(chunks, c), append(ids, up.Points[i].ID)
	}
	switch {
	case len(chunks) == 0:
		return nil
	case up.Filter != nil || up.Mode == "update_only" || up.Mode == "insert_only" || !w.t.own():
		return w.upsertSome(ctx, up, chunks, ids)
	}
	_, err := w.uses.Insert(ctx, app.Insert{Database: w.t.ID, Number: w.t.Number, MustExist: true, Chunks: chunks})
	return err
}

// errMadeOnce says that the core leaves a point whose text stays without a new embedding.
var errMadeOnce = said.Unsupported("memista makes the vector of a text when the point is new or its text another: send a vector")

// upsertSome stores chunks where what is stored allows that, and under the key or chunk id
// that a point has.
func (w *writer) upsertSome(ctx context.Context, up *decode.Upsert, chunks []domain.Chunk, ids []collections.ID) error {
	refs, err := w.refs(ctx, ids)
	if err != nil {
		return err
	}
	near := map[string]bool{} // the points with a text as the vector
	for i := range up.Points {
		if w.t.settings.OptionalEmbeddings && up.Points[i].Vector.Near != "" {
			near[up.Points[i].ID.String()] = true
		}
	}
	_, err = w.uses.Change(ctx, app.Change{Database: w.t.ID, Number: w.t.Number, Refs: refs, Make: func(i int, old *domain.Chunk) (*domain.Chunk, error) {
		switch {
		case old == nil && up.Mode == "update_only", old != nil && up.Mode == "insert_only":
			return nil, nil
		case old != nil && up.Filter != nil && !up.Filter.Matches(old):
			return nil, nil
		case old != nil && near[ids[i].String()] && old.Text == chunks[i].Text && len(chunks[i].Embedding) == 0:
			return nil, errMadeOnce
		}
		return new(chunks[i]), nil
	}})
	return err
}

// refs returns by what the chunks of points are found: by the key that an id has, unless a
// chunk without one, or with another key, is the point.
func (w *writer) refs(ctx context.Context, ids []collections.ID) ([]app.Ref, error) {
	refs := make([]app.Ref, len(ids))
	for i, id := range ids {
		refs[i].Key = w.t.in.Keys.Key(id)
	}
	found, err := w.finder.Points(ctx, ids, 0)
	if err != nil {
		return nil, err
	}
	stored := make(map[string]*domain.Chunk, len(found))
	for i := range found {
		stored[w.t.in.Keys.ID(found[i].Key, found[i].ID).String()] = &found[i]
	}
	for i, id := range ids {
		if c := stored[id.String()]; c != nil && c.Key != refs[i].Key {
			refs[i] = app.Ref{Key: c.Key}
			if c.Key == "" {
				refs[i] = app.Ref{ID: c.ID}
			}
		}
	}
	return refs, nil
}

// changed changes the chunks of a selection by fn. One that is named and not there is an
// error, and nothing is changed then.
func (w *writer) changed(ctx context.Context, sel *decode.Selection, fn func(c *domain.Chunk) error) error {
	in := app.Change{Database: w.t.ID, Number: w.t.Number, Make: func(i int, old *domain.Chunk) (*domain.Chunk, error) {
		if old == nil {
			return nil, said.NoPoint(sel.IDs[i])
		}
		return old, fn(old)
	}}
	if sel.IDs == nil {
		if in.Filter = sel.Filter; in.Filter == nil {
			in.Filter = &filterlang.Filter{}
		}
		_, err := w.uses.Change(ctx, in)
		return err
	}
	sel.IDs = distinct(sel.IDs)
	if len(sel.IDs) == 0 {
		return nil
	}
	var err error
	if in.Refs, err = w.refs(ctx, sel.IDs); err == nil {
		_, err = w.uses.Change(ctx, in)
	}
	return err
}

// distinct returns ids without those that come again, in whatever spelling.
func distinct(ids []collections.ID) []collections.ID {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id collections.ID) bool {
		name := id.String()
		again := seen[name]
		seen[name] = true
		return again
	})
}

// payloads changes the payloads of a selection by fn.
func (w *writer) payloads(ctx context.Context, sel *decode.Selection, fn func(old string) string) error {
	return w.changed(ctx, sel, func(c *domain.Chunk) error {
		old, _ := c.Metadata.Fields()
		if !w.t.own() && c.Text != "" {
			old = payload.WithText(old, c.Text)
		}
		c.Metadata = object(fn(old))
		if !w.t.own() || len(w.t.config.SparseNames) == 0 { // else the text was given to the model bm25
			w.setText(c)
		}
		return nil
	})
}

// updateVectors gives points other vectors; what is not given stays.
func (w *writer) updateVectors(ctx context.Context, up *decode.UpdateVectors) error {
	sel := decode.Selection{}
	vectors := map[string]*decode.Vector{}
	for i := range up.Points {
		v := &up.Points[i].Vector
		if err := w.setVector(new(domain.Chunk), v); err != nil { // before anything is changed
			return err
		}
		if v.Near != "" && w.t.settings.OptionalEmbeddings { // the core would leave it as it is
			return errMadeOnce
		}
		sel.IDs = append(sel.IDs, up.Points[i].ID)
		vectors[up.Points[i].ID.String()] = &up.Points[i].Vector
	}
	if len(sel.IDs) == 0 {
		return nil
	}
	return w.changed(ctx, &sel, func(c *domain.Chunk) error {
		if up.Filter != nil && !up.Filter.Matches(c) {
			return nil
		}
		v := vectors[w.t.in.Keys.ID(c.Key, c.ID).String()]
		if v.Near != "" {
			c.Embedding = nil // it is made again
		}
		if err := w.setVector(c, v); err != nil {
			return err
		}
		return w.checkNear(c, v.Near)
	})
}

// deleteVectors takes vectors away from points.
func (w *writer) deleteVectors(ctx context.Context, del *decode.DeleteVectors) error {
	if !w.t.settings.OptionalEmbeddings && slices.ContainsFunc(del.Names, w.t.in.IsMain) {
		return said.Unsupported("this collection was not made by the API of Qdrant: its points cannot be without a vector")
	}
	return w.changed(ctx, &del.Selection, func(c *domain.Chunk) error {
		for _, name := range del.Names {
			if w.t.in.IsDense(name) {
				takeDense(c, name, w.t.in.IsMain(name))
				continue
			}
			if _, stored := c.Sparse[name]; stored {
				c.Sparse = maps.Clone(c.Sparse)
				delete(c.Sparse, name)
			} else if w.t.own() && len(w.t.config.SparseNames) == 1 && w.t.in.Sparse[name] {
				w.setText(c) // which takes away what was given to the model bm25 under the only name there is
			}
		}
		return nil
	})
}

// takeDense takes the dense vector called name away from c.
func takeDense(c *domain.Chunk, name string, main bool) {
	if main {
		c.Embedding = nil
		return
	}
	c.Vectors = maps.Clone(c.Vectors)
	delete(c.Vectors, name)
}

// delete removes points; those that are not there are fine.
func (w *writer) delete(ctx context.Context, sel *decode.Selection) error {
	in := app.Removal{Database: w.t.ID, Number: w.t.Number}
	if sel.IDs == nil {
		if in.Filter = sel.Filter; in.Filter == nil {
			in.Filter = &filterlang.Filter{}
		}
		_, err := w.uses.Remove(ctx, in)
		return err
	}
	ids := distinct(sel.IDs)
	if len(ids) == 0 {
		return nil
	}
	in.Keys = make([]string, len(ids))
	for i, id := range ids {
		in.Keys[i] = w.t.in.Keys.Key(id)
	}
	n, err := w.uses.Remove(ctx, in)
	if err != nil || n == len(ids) {
		return err
	}
	// Others may be stored under a chunk id, or under a key of another form.
	found, err := w.finder.Points(ctx, ids, 0)
	if err != nil || len(found) == 0 {
		return err
	}
	in.Keys, in.IDs = nil, make([]int64, len(found))
	for i := range found {
		in.IDs[i] = found[i].ID
	}
	_, err = w.uses.Remove(ctx, in)
	return err
}
