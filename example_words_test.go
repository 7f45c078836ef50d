//go:build sqlite_fts5 || !cgo

package memista_test

import (
	"context"
	"fmt"
	"log"

	"github.com/memista/memista"
)

func ExampleDB_Query_hybrid() {
	db, notes := openNotes()
	defer db.Close()
	found, err := notes.Query(context.Background(), []memista.Query{
		{Embedding: []float32{1, 0}, Text: "stock", K: 3, Fusion: &memista.Fusion{TextWeight: new(2.0)}},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, h := range found.Hits[0] {
		fmt.Println(h.Text)
	}
	// Output:
	// stocks fell
	// cats purr
	// dogs bark
}
