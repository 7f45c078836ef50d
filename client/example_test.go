package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/memista/memista"
	"github.com/memista/memista/client"
	"github.com/memista/memista/server"
)

// startServer serves a database "notes" with three chunks, in memory.
func startServer() (url string, stop func()) {
	db, err := memista.Open("", nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = db.Insert(context.Background(), "notes", []memista.Chunk{
		{Key: "cats", Text: "cats purr", Embedding: []float32{0.9, 0.1}, Metadata: memista.Meta(json.RawMessage(`{"page":1}`))},
		{Key: "dogs", Text: "dogs bark", Embedding: []float32{0.8, 0.2}, Metadata: memista.Meta(json.RawMessage(`{"page":2}`))},
		{Key: "stocks", Text: "stocks fell", Embedding: []float32{0.1, 0.9}, Metadata: memista.Meta(json.RawMessage(`{"page":3}`))},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	web := httptest.NewServer(server.New(db, nil))
	return web.URL, func() { web.Close(); _ = db.Close() }
}

func ExampleClient_Search() {
	url, stop := startServer()
	defer stop()
	c, err := client.New(url, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	hits, err := c.Search(context.Background(), "notes", []float32{1, 0}, 2, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, h := range hits {
		fmt.Printf("%.2f %s\n", h.Score, h.Text)
	}
	// Output:
	// 0.99 cats purr
	// 0.97 dogs bark
}

func ExampleClient_Query() {
	url, stop := startServer()
	defer stop()
	c, err := client.New(url, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	found, err := c.Query(context.Background(), "notes", []client.Query{
		{Key: "cats", K: 1},                           // more like this one
		{Embedding: []float32{1, 0}, K: 1, Offset: 1}, // the second best
		{Embedding: []float32{1, 0}, K: 1, Filter: client.FilterJSON(`{"page":{"$gte":3}}`)}, // the best of some
	}, &client.QueryOptions{Explain: true})
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
