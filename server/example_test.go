package server_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/memista/memista"
	"github.com/memista/memista/server"
)

func ExampleNew() {
	db, err := memista.Open("", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	mux := http.NewServeMux()
	mux.Handle("/memista/", http.StripPrefix("/memista", server.New(db, nil)))
	srv := httptest.NewServer(mux) // in a program: http.Server with timeouts
	defer srv.Close()

	post := func(path, body string) {
		res, err := http.Post(srv.URL+"/memista"+path, "application/json", strings.NewReader(body))
		if err != nil {
			log.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d %s", res.StatusCode, answer)
	}
	post("/v1/insert", `{"database_id":"notes","chunks":[{"embedding":[1,0],"text":"from HTTP"}]}`)
	if _, err := db.Insert(context.Background(), "notes", []memista.Chunk{{Text: "from Go", Embedding: []float32{0, 1}}}, nil); err != nil {
		log.Fatal(err)
	}
	post("/v1/search", `{"database_id":"notes","embeddings":[[0,1]],"num_results":1}`)
	// Output:
	// 200 {"inserted_ids":[1]}
	// 200 [[{"chunk_id":2,"key":null,"text":"from Go","metadata":null,"score":1,"distance":0}]]
}
