package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/memista/memista/client"
	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/process"
)

const (
	served      = 10_000 // chunks
	asked       = 2_000  // searches of each kind in a round
	httpRounds  = 5
	costAtMost  = 1.2 // of a search by a text, in those by a vector
	httpTimeout = 10 * time.Minute
)

// kind is a way to send a search.
type kind struct {
	name    string
	bodies  [][]byte
	latency measure.Values // microseconds, the median of each round
	cpu     measure.Values // microseconds per search of the server, of each round
	answers [][]byte
}

// overHTTP prints what a search by a text costs beside the same one by its vector, on a
// server with a static model. No text comes twice, so the server has to embed each.
func overHTTP(ctx context.Context, e *static.Embedder, folder, binary string, all []meaning) error {
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	dir, remove, err := temporary()
	if err != nil {
		return err
	}
	defer remove()
	texts := distinct(ctx, e, all, served+asked*httpRounds)
	if len(texts) < served+asked*httpRounds {
		return fmt.Errorf("there are %d texts, %d are needed", len(texts), served+asked*httpRounds)
	}
	kinds := []*kind{{name: "by text"}, {name: "by vector"}}
	for _, text := range texts[served:] {
		v, err := e.Embed(ctx, []string{text}, ports.PurposeQuery)
		if err != nil {
			return err
		}
		for i, query := range []map[string]any{{"near_text": text}, {"embedding": v[0]}} {
			body, err := json.Marshal(map[string]any{"queries": []any{query}})
			if err != nil {
				return err
			}
			kinds[i].bodies = append(kinds[i].bodies, body)
		}
	}
	return process.WithMemista(ctx, binary, func(m *process.Memista) error {
		if err := fill(ctx, m, folder, texts[:served]); err != nil {
			return err
		}
		err := measure.Turns(httpRounds, kinds, func(round int, k *kind) error { return k.ask(ctx, m, round) })
		if err != nil {
			return err
		}
		return reportHTTP(kinds[0], kinds[1])
	}, "DATABASE_PATH="+filepath.Join(dir, "memista.db"), "MEMISTA_MODELS="+filepath.Dir(folder))
}

// distinct returns n definitions that differ and have a word that the model knows.
func distinct(ctx context.Context, e *static.Embedder, all []meaning, n int) (texts []string) {
	seen := map[string]bool{}
	for _, m := range all {
		if seen[m.definition] || len(texts) == n {
			continue
		}
		seen[m.definition] = true
		if _, err := e.Embed(ctx, []string{m.definition}, ports.PurposeQuery); err == nil {
			texts = append(texts, m.definition)
		}
	}
	return texts
}

// fill stores texts, and waits for their index.
func fill(ctx context.Context, m *process.Memista, folder string, texts []string) error {
	c, err := client.New("http://"+m.Addr, nil)
	if err != nil {
		return err
	}
	db := c.Database(database)
	if _, err := db.Create(ctx, &client.Settings{Embedder: client.Embedder{Provider: static.Provider, Model: filepath.Base(folder)}}); err != nil {
		return err
	}
	for from := 0; from < len(texts); from += batch {
		var chunks []client.Chunk
		for _, text := range texts[from:min(from+batch, len(texts))] {
			chunks = append(chunks, client.Chunk{Text: text})
		}
		if _, err := db.Insert(ctx, chunks, nil); err != nil {
			return err
		}
	}
	return db.WaitIndexed(ctx, nil)
}

// ask sends the searches of one round, one after the other.
func (k *kind) ask(ctx context.Context, m *process.Memista, round int) error {
	before, err := m.CPU()
	if err != nil {
		return err
	}
	var took measure.Values
	for _, body := range k.bodies[round*asked : (round+1)*asked] {
		start := time.Now()
		answer, err := post(ctx, "http://"+m.Addr+"/v1/databases/"+database+"/search", body)
		if err != nil {
			return err
		}
		took = append(took, measure.Microseconds(time.Since(start)))
		k.answers = append(k.answers, answer)
	}
	after, err := m.CPU()
	k.latency = append(k.latency, took.Median())
	k.cpu = append(k.cpu, measure.Microseconds(after-before)/asked)
	return err
}

func post(ctx context.Context, url string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.300s", res.Status, answer)
	}
	return answer, err
}

// reportHTTP prints both, their ratio, and how many hits they have in common.
func reportHTTP(text, vector *kind) error {
	var same, of int
	for i := range text.answers {
		a, errA := ids(text.answers[i])
		b, errB := ids(vector.answers[i])
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		of += len(b)
		for id := range b {
			if a[id] {
				same++
			}
		}
	}
	fmt.Printf("%s\nsearches over HTTP, %d chunks, %d rounds of %d by turns, medians of rounds; %.4f of the hits are the same\n", measure.Machine(), served, httpRounds, asked, float64(same)/float64(of))
	var r measure.Report
	for _, k := range []*kind{text, vector} {
		r.Add(k.name+", latency, µs", k.latency, "%.0f", nil)
		r.Add(k.name+", processor time of the server, µs", k.cpu, "%.0f", nil)
	}
	r.Add("latency, by text to by vector", ratios(text.latency, vector.latency), "%.2f", measure.AtMost(costAtMost))
	r.Add("processor time, by text to by vector", ratios(text.cpu, vector.cpu), "%.2f", nil)
	r.Print(os.Stdout)
	return nil
}

func ratios(a, b measure.Values) (r measure.Values) {
	for i := range a {
		r = append(r, a[i]/b[i])
	}
	return r
}

// ids returns the chunks in an answer.
func ids(answer []byte) (map[int64]bool, error) {
	var found struct {
		Results [][]struct {
			ID int64 `json:"chunk_id"`
		} `json:"results"`
	}
	if err := json.Unmarshal(answer, &found); err != nil {
		return nil, err
	}
	out := map[int64]bool{}
	for _, hit := range found.Results[0] {
		out[hit.ID] = true
	}
	return out, nil
}
