package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/memista/memista"
	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/test/bench/measure"
)

const (
	database = "texts"
	batch    = 2000
	hits     = 10
)

// quality stores the documents of a set and prints how well its queries are answered.
func quality(ctx context.Context, e *static.Embedder, folder string, s set) error {
	dir, remove, err := temporary()
	if err != nil {
		return err
	}
	defer remove()
	db, err := memista.Open(filepath.Join(dir, "memista.db"), &memista.Options{Embedding: memista.Embedding{Models: filepath.Dir(folder)}})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // the file is removed
	if _, err := db.Create(ctx, database, &memista.Settings{
		FullText: memista.English, Embedder: memista.Embedder{Provider: static.Provider, Model: filepath.Base(folder)},
	}); err != nil {
		return err
	}
	measure.Say("%s: storing %d documents …", s.name, len(s.documents))
	start := time.Now()
	at, strange, err := store(ctx, db, e, s.documents)
	if err != nil {
		return err
	}
	if err := db.WaitIndexed(ctx, database, nil); err != nil {
		return err
	}
	fmt.Printf("%s: %d documents, %d of them without a word that the model knows; %d queries; stored in %.0f s\n",
		s.name, len(s.documents), strange, len(s.queries), time.Since(start).Seconds())
	for _, way := range ways {
		values := make([]float64, len(s.queries))
		for i, q := range s.queries {
			if values[i], err = ask(ctx, db, way, q, at); err != nil {
				return err
			}
		}
		average, margin := mean(values)
		fmt.Printf("  %-28s nDCG@10 %.3f ± %.3f\n", way.name, average, margin)
	}
	return nil
}

// store embeds and stores documents. It returns the number of the document of each chunk, and
// how many have no embedding of their own.
func store(ctx context.Context, db *memista.DB, e *static.Embedder, documents []string) (at map[int64]int, strange int, err error) {
	at = map[int64]int{}
	for from := 0; from < len(documents); from += batch {
		var chunks []memista.Chunk
		for _, text := range documents[from:min(from+batch, len(documents))] {
			v, err := embedding(ctx, e, text, ports.PurposeDocument)
			if err != nil {
				return nil, 0, err
			}
			if v == nil {
				// A chunk needs one. This one is near nothing in particular.
				strange++
				v = make([]float32, dims(ctx, e))
				v[0] = 1
			}
			chunks = append(chunks, memista.Chunk{Text: text, Embedding: v})
		}
		ids, err := db.Insert(ctx, database, chunks, nil)
		if err != nil {
			return nil, 0, err
		}
		for i, id := range ids {
			at[id] = from + i
		}
	}
	return at, strange, nil
}

// embedding returns the embedding of a text, nil if the model knows no word of it.
func embedding(ctx context.Context, e *static.Embedder, text string, p ports.Purpose) ([]float32, error) {
	got, err := e.Embed(ctx, []string{text}, p)
	if errors.Is(err, domain.ErrInvalid) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return got[0], nil
}

func dims(ctx context.Context, e *static.Embedder) int {
	m, err := e.Model(ctx)
	if err != nil {
		return 0
	}
	return m.Dims
}

// way is a way to ask: by words, by what the embedder of the database makes of the text, or
// by both, as nothing is set where fusion is nil.
type way struct {
	name          string
	words, vector bool
	fusion        *memista.Fusion
}

var ways = []way{
	{name: "words", words: true},
	{name: "vectors", vector: true},
	{name: "hybrid", words: true, vector: true},
	{name: "hybrid, by reciprocal rank", words: true, vector: true, fusion: &memista.Fusion{Method: memista.ReciprocalRank}},
}

// ask returns how well a query is answered.
func ask(ctx context.Context, db *memista.DB, w way, q query, at map[int64]int) (float64, error) {
	asked := memista.Query{K: hits, Fusion: w.fusion}
	if w.words {
		// Quotes and stars would be taken for phrases and endings.
		asked.Text = strings.Map(func(r rune) rune {
			if r == '"' || r == '*' {
				return ' '
			}
			return r
		}, q.text)
	}
	if w.vector {
		asked.NearText = q.text
	}
	got, err := db.Query(ctx, database, []memista.Query{asked}, nil)
	if errors.Is(err, memista.ErrInvalid) && !w.words {
		return 0, nil // the model knows no word of it
	}
	if err != nil {
		return 0, fmt.Errorf("%q: %w", q.text, err)
	}
	var found []int
	for _, h := range got.Hits[0] {
		found = append(found, at[h.ID])
	}
	return ndcg(found, q.right, hits), nil
}
