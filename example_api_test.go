package memista_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/memista/memista"
)

// openNotes returns a database "notes" with three chunks, in memory, with an index of their
// words where the build has full text.
func openNotes() (*memista.DB, *memista.Database) {
	db, err := memista.Open("", nil)
	if err != nil {
		log.Fatal(err)
	}
	notes, ctx := db.Database("notes"), context.Background()
	_, err = notes.Create(ctx, &memista.Settings{FullText: memista.English})
	if err != nil && !errors.Is(err, memista.ErrUnsupported) {
		log.Fatal(err)
	}
	_, err = notes.Insert(ctx, []memista.Chunk{
		{Key: "cats", Text: "cats purr", Embedding: []float32{0.9, 0.1}, Metadata: memista.Meta(map[string]any{"source": "readme", "page": 1})},
		{Key: "dogs", Text: "dogs bark", Embedding: []float32{0.8, 0.2}, Metadata: memista.Meta(map[string]any{"source": "readme", "page": 3})},
		{Key: "stocks", Text: "stocks fell", Embedding: []float32{0.1, 0.9}, Metadata: memista.Meta(map[string]any{"source": "news", "page": 4})},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	return db, notes
}

func ExampleDB_Search_filter() {
	db, _ := openNotes()
	defer db.Close()
	hits, err := db.Search(context.Background(), "notes", []float32{1, 0}, 5, &memista.SearchOptions{
		Filter: memista.And(memista.Eq("source", "readme"), memista.Gte("page", 3)),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, h := range hits {
		var about struct{ Page int }
		if err := h.Metadata.Decode(&about); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.2f %s, page %d\n", h.Score, h.Text, about.Page)
	}
	// Output:
	// 0.97 dogs bark, page 3
}

func ExampleDB_Query() {
	db, _ := openNotes()
	defer db.Close()
	found, err := db.Query(context.Background(), "notes", []memista.Query{
		{Key: "cats", K: 1},                           // more like this one
		{Embedding: []float32{1, 0}, K: 1, Offset: 1}, // the second best
		{Embedding: []float32{1, 0}, K: 1, Filter: memista.In("source", "news", "mail")},
	}, &memista.QueryOptions{Explain: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, hits := range found.Hits {
		fmt.Println(hits[0].Text)
	}
	filter := found.Explain[2].Filter
	fmt.Println("the filter selects", filter.Matched, "of", filter.Of)
	// Output:
	// dogs bark
	// dogs bark
	// stocks fell
	// the filter selects 1 of 3
}

func ExampleDB_Patch() {
	db, notes := openNotes()
	defer db.Close()
	text := "cats purr and sleep"
	c, err := notes.PatchByKey(context.Background(), "cats", memista.Patch{
		Text:     &text,
		Metadata: memista.Meta(map[string]any{"seen": true, "page": nil}), // null removes
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Text, c.Metadata)
	// Output:
	// cats purr and sleep {"source":"readme","seen":true}
}

func ExampleDB_Backup() {
	db, _ := openNotes()
	defer db.Close()
	dir, err := os.MkdirTemp("", "memista")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx, copied := context.Background(), filepath.Join(dir, "copy.db")
	file, err := os.Create(copied)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := db.Backup(ctx, file); err != nil {
		log.Fatal(err)
	}
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
	restored, err := memista.Restore(ctx, copied, filepath.Join(dir, "restored.db"), nil)
	fmt.Println(restored.Databases, restored.Chunks, err)
	// Output:
	// 1 3 <nil>
}
