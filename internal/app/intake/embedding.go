// Package intake is what every backend does with chunks and queries before it stores or
// searches: it refuses what is wrong with them whatever the database, and makes the embeddings
// that they lack.
package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/fingerprint"
	"github.com/memista/memista/internal/ports"
)

// Embedding makes the embeddings of databases that have an embedder.
type Embedding struct {
	Source ports.Embedders // nil: there is none
}

// Close closes the embedders.
func (e Embedding) Close() error {
	if e.Source == nil {
		return nil
	}
	return e.Source.Close()
}

// Open returns the embedder for ref and its model.
func (e Embedding) Open(ctx context.Context, ref domain.EmbedderRef) (ports.Embedder, domain.Model, error) {
	if e.Source == nil {
		return nil, domain.Model{}, domain.Errorf(domain.ErrUnsupported, "this memista has no embedders, so it cannot make embeddings by %s", ref)
	}
	embedder, err := e.Source.Open(ctx, ref)
	if err != nil {
		return nil, domain.Model{}, err
	}
	model, err := embedder.Model(ctx)
	return embedder, model, err
}

// Choose completes the settings of a new database that names an embedder, or the default
// one: its dimension is that of the model.
func (e Embedding) Choose(ctx context.Context, set *domain.Settings) error {
	if set.Embedder.EmbedderRef == domain.DefaultEmbedder {
		var ok bool
		if e.Source != nil {
			set.Embedder.EmbedderRef, ok = e.Source.Default()
		}
		if !ok {
			return domain.Errorf(domain.ErrUnsupported, "no embedder is configured for databases that name none")
		}
	}
	if set.Embedder.EmbedderRef == (domain.EmbedderRef{}) {
		return nil
	}
	_, model, err := e.Open(ctx, set.Embedder.EmbedderRef)
	if err != nil {
		return err
	}
	if set.Dims != 0 && set.Dims != model.Dims {
		return domain.Errorf(domain.ErrInvalid, "the embedder %s makes embeddings of %d dimensions, and not %d", set.Embedder.EmbedderRef, model.Dims, set.Dims)
	}
	set.Dims, set.Embedder.Fingerprint = model.Dims, model.Fingerprint
	return nil
}

// ChooseFor is choose for a database that an insert of chunks makes: where one of them has
// a text and no embedding, it gets the default embedder.
func (e Embedding) ChooseFor(ctx context.Context, set *domain.Settings, chunks []domain.Chunk) error {
	if e.Source == nil || !slices.ContainsFunc(chunks, WantsEmbedding) {
		return nil
	}
	ref, ok := e.Source.Default()
	if !ok {
		return nil
	}
	set.Embedder.EmbedderRef = ref
	return e.Choose(ctx, set)
}

// Of returns the embedder of db and its model. It is ErrConflict if its model is not the one that made
// the embeddings that are stored.
func (e Embedding) Of(ctx context.Context, db domain.Database) (ports.Embedder, domain.Model, error) {
	embedder, model, err := e.Open(ctx, db.Embedder.EmbedderRef)
	if err != nil {
		return nil, domain.Model{}, err
	}
	if !fingerprint.Same(model.Fingerprint, db.Embedder.Fingerprint) {
		return nil, domain.Model{}, domain.Errorf(domain.ErrConflict, "the embeddings of Database '%s' were made by another model than %s is now: configure the model of before, or embed its texts again with `memista re-embed` or POST /v1/databases/%[1]s/reembed", db.ID, db.Embedder.EmbedderRef)
	}
	return embedder, model, nil
}

// ErrOtherModel is the ErrConflict of a database that got another embedder while one made
// embeddings for it.
var ErrOtherModel = domain.Errorf(domain.ErrConflict, "the embedder of the database has changed meanwhile: try again")

// SameModel refuses embeddings that were made for the embedder of a database which has got
// another one meanwhile.
func SameModel(seen domain.Embedder, d domain.Database) error {
	if seen != d.Embedder && seen.Provider != "" {
		return ErrOtherModel
	}
	return nil
}

// WantsEmbedding reports whether c has a text and no embedding.
func WantsEmbedding(c domain.Chunk) bool { return len(c.Embedding) == 0 && c.Text != "" }

// HasEmbedding reports whether c has one.
func HasEmbedding(c domain.Chunk) bool { return len(c.Embedding) > 0 }

// Chunks gives every chunk of db that has none an embedding of its text. Where embeddings
// are optional, a chunk that there is no text or no embedder for stays without.
func (e Embedding) Chunks(ctx context.Context, db domain.Database, chunks []domain.Chunk) error {
	var missing []int
	var list []string
	for i := range chunks {
		c := &chunks[i]
		switch {
		case len(c.Embedding) > 0, db.OptionalEmbeddings && (db.Embedder.Provider == "" || c.Text == ""):
			continue
		case db.Embedder.Provider == "" && c.Text != "":
			return domain.At(domain.Errorf(domain.ErrInvalid, "embedding cannot be empty: there is no embedder to make one of the text"), Place(i))
		case db.Embedder.Provider == "":
			return domain.At(domain.Errorf(domain.ErrInvalid, "embedding cannot be empty"), Place(i))
		case c.Text == "":
			return domain.At(domain.Errorf(domain.ErrInvalid, "embedding cannot be empty where there is no text to make one of"), Place(i))
		}
		missing, list = append(missing, i), append(list, c.Text)
	}
	if len(missing) == 0 {
		return nil
	}
	// What the insert would be refused for in any case is found before an embedder, which
	// may cost money, has work with it.
	if err := checkBrought(chunks, db.Settings); err != nil {
		return err
	}
	embedder, _, err := e.Of(ctx, db)
	if err != nil {
		return err
	}
	made, err := embedder.Embed(ctx, list, ports.PurposeDocument)
	if err != nil {
		return placed(err, missing, Place)
	}
	for k, i := range missing {
		chunks[i].Embedding = made[k]
	}
	return nil
}

// checkBrought refuses embeddings that do not fit a database with settings set; chunks may
// have none.
func checkBrought(chunks []domain.Chunk, set domain.Settings) error {
	for i := range chunks {
		v := chunks[i].Embedding
		if len(v) == 0 {
			continue
		}
		if len(v) != set.Dims {
			return domain.At(domain.DimensionMismatch(set.Dims, len(v)), Place(i))
		}
		if err := set.CheckEmbedding(v); err != nil {
			return domain.At(err, Place(i))
		}
	}
	return nil
}

// Documents returns the embeddings of texts by the embedder of db; an error about one of them
// has the place that place names.
func (e Embedding) Documents(ctx context.Context, db domain.Database, list []string, place func(int) string) ([][]float32, error) {
	embedder, _, err := e.Of(ctx, db)
	if err != nil {
		return nil, err
	}
	made, err := embedder.Embed(ctx, list, ports.PurposeDocument)
	if err == nil {
		return made, nil
	}
	all := make([]int, len(list))
	for i := range all {
		all[i] = i
	}
	return nil, placed(err, all, place)
}

// placed names the place in the call of the text that an embedder does not take, which it
// has named by its place in the list that it got.
func placed(err error, places []int, name func(int) string) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok {
		return err
	}
	at, ok := embedding.Place(e)
	if !ok || at >= len(places) {
		return err
	}
	moved := *e
	moved.Place = name(places[at])
	return &moved
}

// Embed is texts to make embeddings of.
type Embed struct {
	Embedder domain.EmbedderRef // the zero one is the default
	Texts    []string           // as many as an insert may have chunks
	Query    bool               // they are to search with, and not to be found
	Dims     int                // components that an embedding must have; 0 is any
}

// Embedded is what came of it.
type Embedded struct {
	Embedder   domain.EmbedderRef
	Model      domain.Model
	Embeddings [][]float32 // in the order of the texts
}

// Texts is the use case Embed.
func (e Embedding) Texts(ctx context.Context, in Embed, limits domain.Limits) (Embedded, error) {
	if err := checkTexts(in.Texts, limits); err != nil {
		return Embedded{}, err
	}
	if in.Embedder == (domain.EmbedderRef{}) && e.Source != nil {
		in.Embedder, _ = e.Source.Default()
	}
	if in.Embedder == (domain.EmbedderRef{}) {
		return Embedded{}, domain.Errorf(domain.ErrUnsupported, "no embedder is configured that is used where none is named: name one as provider/model")
	}
	embedder, model, err := e.Open(ctx, in.Embedder)
	if err != nil {
		return Embedded{}, err
	}
	if in.Dims != 0 && in.Dims != model.Dims {
		return Embedded{}, domain.Errorf(domain.ErrInvalid, "the embedder %s makes embeddings of %d dimensions, and not %d", in.Embedder, model.Dims, in.Dims)
	}
	purpose := ports.PurposeDocument
	if in.Query {
		purpose = ports.PurposeQuery
	}
	made, err := embedder.Embed(ctx, in.Texts, purpose)
	return Embedded{Embedder: in.Embedder, Model: model, Embeddings: made}, err
}

func checkTexts(list []string, limits domain.Limits) error {
	if len(list) == 0 {
		return domain.Errorf(domain.ErrInvalid, "there is no text to make an embedding of")
	}
	if len(list) > limits.Chunks {
		return domain.Errorf(domain.ErrTooLarge, "%d texts at once, at most %d are allowed", len(list), limits.Chunks)
	}
	for i, text := range list {
		if !utf8.ValidString(text) {
			return domain.At(domain.Errorf(domain.ErrInvalid, "text is not valid UTF-8"), fmt.Sprintf("texts[%d]", i))
		}
	}
	return nil
}

// Providers returns the names of the providers of embeddings, sorted.
func (e Embedding) Providers() []string {
	if e.Source == nil {
		return nil
	}
	return e.Source.Providers()
}
