package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/memista/memista/test/bench/process"
	"github.com/memista/memista/test/bench/rest"
	"github.com/memista/memista/test/bench/vectors"
)

// memista is ours, with nothing set: the first insert makes the database.
type memista struct {
	binary string
	set    *vectors.Set
	ef     int // of searches; 0: none is sent
	proc   *process.Process
	port   string
}

var _ peer = (*memista)(nil)

func (m *memista) start(ctx context.Context) error {
	ports, err := process.FreePorts(1)
	if err != nil {
		return err
	}
	m.port = ports[0]
	m.proc, err = process.Start(ctx, process.Spec{
		Binary: m.binary, Args: []string{"serve"}, Env: []string{"SERVER_PORT=" + m.port},
		Ready: "http://127.0.0.1:" + m.port + "/readyz", Within: startLimit,
	})
	return err
}

func (m *memista) process() *process.Process { return m.proc }

func (m *memista) insert() *way {
	type chunk struct {
		Embedding []float32 `json:"embedding"`
		Text      string    `json:"text"`
	}
	return &way{
		peer: "memista", name: "JSON", path: "/v1/insert",
		open: func() conn { return rest.New("127.0.0.1:" + m.port) },
		body: func(from, to int) []byte {
			var chunks []chunk
			for i := from; i < to; i++ {
				chunks = append(chunks, chunk{m.set.Rows[i], m.set.Words[i]})
			}
			return encode(map[string]any{"database_id": "words", "chunks": chunks})
		},
	}
}

// drained reports whether the graph has all rows, and the tail none.
func (m *memista) drained(ctx context.Context) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+m.port+"/v1/databases/words", nil)
	if err != nil {
		return false, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, err
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return false, err
	}
	var st struct{ Tail, Graph *struct{ Vectors int } }
	if err := json.Unmarshal(raw, &st); err != nil {
		return false, fmt.Errorf("%w: %s", err, raw)
	}
	return st.Tail != nil && st.Graph != nil && st.Tail.Vectors == 0 && st.Graph.Vectors == len(m.set.Rows), nil
}

func (m *memista) searches() []*way {
	return []*way{
		m.search("JSON", func(v []float32) any { return v }),
		m.search("JSON with base64", func(v []float32) any {
			return base64.StdEncoding.EncodeToString(packed(v))
		}),
	}
}

func (m *memista) search(name string, vector func([]float32) any) *way {
	return &way{
		peer: "memista", name: name, path: "/v1/search",
		open: func() conn { return rest.New("127.0.0.1:" + m.port) },
		body: func(i, _ int) []byte {
			q := map[string]any{"database_id": "words", "embeddings": []any{vector(m.set.Queries[i])}, "num_results": k}
			if m.ef > 0 {
				q["ef"] = m.ef
			}
			return encode(q)
		},
		rows: m.rows,
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
		i, ok := rowOf(m.set, h.Text)
		if !ok {
			return nil, fmt.Errorf("no row has the text %q", h.Text)
		}
		out = append(out, i)
	}
	return out, nil
}
