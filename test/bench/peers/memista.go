package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/memista/memista/test/bench/httpload"
	"github.com/memista/memista/test/bench/process"
	"github.com/memista/memista/test/bench/rest"
	"github.com/memista/memista/test/bench/vectors"
)

// memista is ours, with nothing set: the first insert makes the database.
type memista struct {
	binary string
	set    *vectors.Set
	ef     int // of searches; 0: none is sent
	server *process.Memista
	byWord map[string]int // numbers of rows
}

var _ peer = (*memista)(nil)

func (m *memista) start(ctx context.Context) (err error) {
	m.byWord = m.set.RowsByWord()
	m.server, err = process.StartMemista(ctx, m.binary)
	return err
}

func (m *memista) process() *process.Process {
	if m.server == nil {
		return nil
	}
	return m.server.Process
}

func (m *memista) insert() *httpload.Way {
	type chunk struct {
		Embedding []float32 `json:"embedding"`
		Text      string    `json:"text"`
	}
	return &httpload.Way{
		Peer: "memista", Name: "JSON", Path: "/v1/insert",
		Open: func() httpload.Conn { return rest.New(m.server.Addr) },
		Body: func(from, to int) []byte {
			var chunks []chunk
			for i := from; i < to; i++ {
				chunks = append(chunks, chunk{m.set.Rows[i], m.set.Words[i]})
			}
			return httpload.Encode(map[string]any{"database_id": "words", "chunks": chunks})
		},
	}
}

// drained reports whether the graph has all rows, and the tail none.
func (m *memista) drained(ctx context.Context) (bool, error) {
	p, err := m.server.Parts(ctx, "words")
	return err == nil && p.Indexed(len(m.set.Rows)), err
}

func (m *memista) searches() []*httpload.Way {
	return []*httpload.Way{
		m.search("JSON", func(v []float32) any { return v }),
		m.search("JSON with base64", func(v []float32) any {
			return base64.StdEncoding.EncodeToString(packed(v))
		}),
	}
}

func (m *memista) search(name string, vector func([]float32) any) *httpload.Way {
	return &httpload.Way{
		Peer: "memista", Name: name, Path: "/v1/search",
		Open: func() httpload.Conn { return rest.New(m.server.Addr) },
		Body: func(i, _ int) []byte {
			q := map[string]any{"database_id": "words", "embeddings": []any{vector(m.set.Queries[i])}, "num_results": k}
			if m.ef > 0 {
				q["ef"] = m.ef
			}
			return httpload.Encode(q)
		},
		Rows: m.rows,
	}
}

// rows makes row numbers of words: batches of several clients are stored in any order, so
// ids say nothing.
func (m *memista) rows(answer []byte) ([]int, error) {
	var lists [][]struct{ Text string }
	if err := json.Unmarshal(answer, &lists); err != nil || len(lists) != 1 {
		return nil, fmt.Errorf("answer %.200s: %w", answer, err)
	}
	var out []int
	for _, h := range lists[0] {
		i, ok := m.byWord[h.Text]
		if !ok {
			return nil, fmt.Errorf("no row has the text %q", h.Text)
		}
		out = append(out, i)
	}
	return out, nil
}
