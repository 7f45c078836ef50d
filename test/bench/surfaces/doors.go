package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/memista/memista/test/bench/httpload"
	"github.com/memista/memista/test/bench/rest"
	"github.com/memista/memista/test/bench/vectors"
)

// door is one API of a server.
type door struct {
	name string // of the collection that is filled through it
	// create makes a collection of that name anew and returns how it is filled.
	create func(ctx context.Context, name string) (*httpload.Way, error)
	// search returns how a collection is searched.
	search func(ctx context.Context, name string) (*httpload.Way, error)
}

func ownAPI(addr string, set *vectors.Set) door {
	open := func() httpload.Conn { return rest.New(addr) }
	byWord := set.RowsByWord()
	type chunk struct {
		Embedding []float32         `json:"embedding"`
		Text      string            `json:"text"`
		Metadata  map[string]string `json:"metadata"`
	}
	return door{
		name: "own",
		create: func(ctx context.Context, name string) (*httpload.Way, error) {
			_, err := ask(ctx, http.MethodPut, "http://"+addr+"/v1/databases/"+name, map[string]any{"metric": "cosine"})
			return &httpload.Way{Peer: "memista", Name: "own API", Path: "/v1/insert", Open: open, Body: func(from, to int) []byte {
				var chunks []chunk
				for i := from; i < to; i++ {
					chunks = append(chunks, chunk{set.Rows[i], set.Words[i], map[string]string{"document": set.Words[i]}})
				}
				return httpload.Encode(map[string]any{"database_id": name, "chunks": chunks})
			}}, err
		},
		search: func(_ context.Context, name string) (*httpload.Way, error) {
			return &httpload.Way{
				Peer: "memista", Name: "own API", Path: "/v1/search", Open: open,
				Body: func(i, _ int) []byte {
					return httpload.Encode(map[string]any{"database_id": name, "embeddings": [][]float32{set.Queries[i]}, "num_results": k})
				},
				Rows: func(answer []byte) ([]int, error) {
					var lists [][]struct{ Text string }
					if err := json.Unmarshal(answer, &lists); err != nil || len(lists) != 1 {
						return nil, fmt.Errorf("answer %.200s: %w", answer, err)
					}
					var rows []int
					for _, h := range lists[0] {
						rows = append(rows, byWord[h.Text])
					}
					return rows, nil
				},
			}, nil
		},
	}
}

func qdrantAPI(addr string, set *vectors.Set) door {
	open := func() httpload.Conn { return rest.New(addr) }
	type point struct {
		ID      int               `json:"id"`
		Vector  []float32         `json:"vector"`
		Payload map[string]string `json:"payload"`
	}
	return door{
		name: "points",
		create: func(ctx context.Context, name string) (*httpload.Way, error) {
			_, err := ask(ctx, http.MethodPut, "http://"+addr+"/collections/"+name, map[string]any{"vectors": map[string]any{"size": set.Dims, "distance": "Cosine"}})
			// The client of the benchmark posts; PUT is another method of the same path.
			return &httpload.Way{Peer: "memista", Name: "Qdrant's API", Path: "/collections/" + name + "/points?wait=true", Open: func() httpload.Conn { return rest.New(addr).WithMethod(http.MethodPut) }, Body: func(from, to int) []byte {
				var points []point
				for i := from; i < to; i++ {
					points = append(points, point{i + 1, set.Rows[i], map[string]string{"document": set.Words[i]}})
				}
				return httpload.Encode(map[string]any{"points": points})
			}}, err
		},
		search: func(_ context.Context, name string) (*httpload.Way, error) {
			return &httpload.Way{
				Peer: "memista", Name: "Qdrant's API", Path: "/collections/" + name + "/points/query", Open: open,
				Body: func(i, _ int) []byte {
					return httpload.Encode(map[string]any{"query": set.Queries[i], "limit": k, "with_payload": true})
				},
				Rows: func(answer []byte) ([]int, error) {
					var got struct {
						Result struct{ Points []struct{ ID int } }
					}
					if err := json.Unmarshal(answer, &got); err != nil {
						return nil, fmt.Errorf("answer %.200s: %w", answer, err)
					}
					var rows []int
					for _, p := range got.Result.Points {
						rows = append(rows, p.ID-1)
					}
					return rows, nil
				},
			}, nil
		},
	}
}

func chromaAPI(peer, addr string, set *vectors.Set) door {
	const collections = "/api/v2/tenants/default_tenant/databases/default_database/collections"
	base := "http://" + addr + collections
	open := func() httpload.Conn { return rest.New(addr) }
	uuid := func(ctx context.Context, name string) (string, error) {
		raw, err := ask(ctx, http.MethodGet, base+"/"+name, nil)
		var c struct{ ID string }
		return c.ID, errors.Join(err, json.Unmarshal(raw, &c))
	}
	return door{
		name: "records",
		create: func(ctx context.Context, name string) (*httpload.Way, error) {
			if _, err := uuid(ctx, name); err == nil {
				if _, err := ask(ctx, http.MethodDelete, base+"/"+name, nil); err != nil {
					return nil, err
				}
			}
			if _, err := ask(ctx, http.MethodPost, base, map[string]any{"name": name, "configuration": map[string]any{"hnsw": map[string]any{"space": "cosine"}}}); err != nil {
				return nil, err
			}
			id, err := uuid(ctx, name)
			return &httpload.Way{Peer: peer, Name: "Chroma's API", Path: collections + "/" + id + "/upsert", Open: open, Body: func(from, to int) []byte {
				var ids []string
				var meta []map[string]string
				for i := from; i < to; i++ {
					ids = append(ids, strconv.Itoa(i+1))
					meta = append(meta, map[string]string{"document": set.Words[i]})
				}
				return httpload.Encode(map[string]any{"ids": ids, "embeddings": set.Rows[from:to], "documents": set.Words[from:to], "metadatas": meta})
			}}, err
		},
		search: func(ctx context.Context, name string) (*httpload.Way, error) {
			id, err := uuid(ctx, name)
			return &httpload.Way{
				Peer: peer, Name: "Chroma's API", Path: collections + "/" + id + "/query", Open: open,
				Body: func(i, _ int) []byte {
					return httpload.Encode(map[string]any{"query_embeddings": [][]float32{set.Queries[i]}, "n_results": k})
				},
				Rows: func(answer []byte) ([]int, error) {
					var got struct{ IDs [][]string }
					if err := json.Unmarshal(answer, &got); err != nil || len(got.IDs) != 1 {
						return nil, fmt.Errorf("answer %.200s: %w", answer, err)
					}
					var rows []int
					for _, id := range got.IDs[0] {
						n, err := strconv.Atoi(id)
						if err != nil {
							return nil, err
						}
						rows = append(rows, n-1)
					}
					return rows, nil
				},
			}, err
		},
	}
}

// ask sends one request that is not measured.
func ask(ctx context.Context, method, url string, body any) ([]byte, error) {
	var in io.Reader
	if body != nil {
		in = bytes.NewReader(httpload.Encode(body))
	}
	req, err := http.NewRequestWithContext(ctx, method, url, in)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %.300s", method, url, res.Status, raw)
	}
	return raw, err
}
