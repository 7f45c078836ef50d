package memista_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	"github.com/memista/memista"
)

func Example() {
	db, err := memista.Open("", nil) // a path keeps it on disk
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	ctx := context.Background()
	ids, err := db.Insert(ctx, "notes", []memista.Chunk{
		{Text: "cats purr", Embedding: []float32{0.9, 0.1}},
		{Text: "stocks fell", Embedding: []float32{0.1, 0.9}, Metadata: memista.Meta(json.RawMessage(`{"page":3}`))},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	hits, err := db.Search(ctx, "notes", []float32{0, 1}, 1, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ids)
	for _, h := range hits {
		fmt.Printf("%d %q %s score %.2f\n", h.ID, h.Text, h.Metadata, h.Score)
	}
	// Output:
	// [1 2]
	// 2 "stocks fell" {"page":3} score 0.99
}

func ExampleDB_Create() {
	db, err := memista.Open("", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	ctx := context.Background()
	if _, err := db.Create(ctx, "words", &memista.Settings{Metric: memista.Cosine, Dims: 3}); err != nil {
		log.Fatal(err)
	}
	_, err = db.Insert(ctx, "words", []memista.Chunk{{Text: "nowhere", Embedding: []float32{0, 0, 0}}}, nil)
	fmt.Println(errors.Is(err, memista.ErrZeroVector))
	d, err := db.Describe(ctx, "words")
	fmt.Println(d.ID, d.Dims, d.Metric, d.Chunks, err)
	// Output:
	// true
	// words 3 cosine 0 <nil>
}

func ExampleDB_Insert_key() {
	db, err := memista.Open("", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	ctx := context.Background()
	for _, text := range []string{"first draft", "second draft"} {
		if _, err := db.Insert(ctx, "docs", []memista.Chunk{{Key: "intro", Text: text, Embedding: []float32{1, 2}}}, nil); err != nil {
			log.Fatal(err)
		}
	}
	c, err := db.Get(ctx, "docs", 1)
	fmt.Println(c.Key, c.Text, c.Embedding, err)
	// Output:
	// intro second draft [1 2] <nil>
}
