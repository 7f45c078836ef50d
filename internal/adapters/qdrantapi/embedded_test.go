package qdrantapi_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/adapters/qdrantapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
)

// withEmbedder returns a client of a service that makes embeddings.
func withEmbedder(t *testing.T) *client {
	t.Helper()
	open := func(model string) (ports.Embedder, error) {
		return embedtest.NewMemory(model, ports.EmbedLimits{}), nil
	}
	made, err := compose.Open(t.Context(), compose.Config{
		Path:      filepath.Join(t.TempDir(), "memista.db"),
		Embedders: embedding.NewRegistry(map[string]embedding.Opener{"memory": open}, domain.EmbedderRef{Provider: "memory", Model: "usual"}, embedding.Options{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := made.Service.Close(); err != nil {
			t.Error(err)
		}
	})
	h := web.New(web.Options{})
	qdrantapi.Mount(h, made.Service, made.Service.Collections(), qdrantapi.Options{Version: "test"})
	httpapi.Mount(h, made.Service, httpapi.Options{})
	return &client{t: t, svc: made.Service, handler: h}
}

// TestTextsAsVectors sends texts in the place of vectors: the vector is that of the text, or
// the request fails, and the text of the payload stays what it is.
func TestTextsAsVectors(t *testing.T) {
	c := withEmbedder(t)
	if rec := c.send("POST", "/v1/databases/notes/chunks", `{"chunks":[{"text":"cats sleep","key":"cats"},{"text":"bread and salt","key":"bread"}]}`); rec.Code != http.StatusOK {
		t.Fatal(rec.Code, rec.Body)
	}
	near := func(text string) string { return `"vector":{"text":"` + text + `","model":"usual"}` }
	vectorOf := func(id string) string {
		_, vector, _ := strings.Cut(c.ok("POST", "/collections/notes/points", `{"ids":[`+id+`],"with_payload":false,"with_vector":true}`), `"vector":`)
		return vector
	}
	const refused = "memista makes the vector of a point of the text in its payload, and this one is another: send it as the member text of the payload, or send a vector"
	before := c.ok("POST", "/collections/notes/points/scroll", `{"with_vector":true}`)
	for _, point := range []string{`{"id":"cats",` + near("bread and salt") + `,"payload":{"text":"cats sleep"}}`, `{"id":"new",` + near("bread and salt") + `,"payload":{"text":"cats"}}`} {
		c.fails("PUT", "/collections/notes/points", `{"points":[`+point+`]}`, 501, refused)
	}
	c.fails("PUT", "/collections/notes/points/vectors", `{"points":[{"id":"cats",`+near("bread and salt")+`}]}`, 501, refused)
	c.want("POST", "/collections/notes/points/scroll", `{"with_vector":true}`, before)

	c.ok("PUT", "/collections/notes/points", `{"points":[{"id":"same",`+near("cats sleep")+`,"payload":{"text":"cats sleep"}},{"id":"alone",`+near("cats sleep")+`,"payload":{"n":1}}]}`)
	for _, id := range []string{`"same"`, `"alone"`} {
		if got, want := vectorOf(id), vectorOf(`"cats"`); got != want {
			t.Errorf("the vector of %s = %s; want %s", id, got, want)
		}
	}
	c.want("POST", "/collections/notes/points", `{"ids":["alone"]}`, `[{"id":"alone","payload":{"n":1,"text":"cats sleep"}}]`)

	// A vector of the caller's own makes way for that of the text.
	own := strings.TrimSuffix(vectorOf(`"bread"`), "}]")
	c.ok("PUT", "/collections/notes/points/vectors", `{"points":[{"id":"same","vector":`+own+`}]}`)
	c.ok("PUT", "/collections/notes/points/vectors", `{"points":[{"id":"same",`+near("cats sleep")+`}]}`)
	if got, want := vectorOf(`"same"`), vectorOf(`"cats"`); got != want {
		t.Errorf("the vector after it was given by text = %s; want %s", got, want)
	}
}

// TestTextsAsVectorsOfPoints changes points, which may be without a vector, where an embedder
// was given to their collection: none loses its vector.
func TestTextsAsVectorsOfPoints(t *testing.T) {
	c := withEmbedder(t)
	if rec := c.send("PUT", "/v1/databases/notes", `{"dimensions":24,"embedder":"memory/usual","optional_embeddings":true}`); rec.Code >= 300 {
		t.Fatal(rec.Code, rec.Body)
	}
	const point = `{"points":[{"id":"a","vector":{"text":"cats","model":"usual"},"payload":{"text":"cats"}}]%s}`
	c.ok("PUT", "/collections/notes/points", strings.Replace(point, "%s", "", 1))
	before := c.ok("POST", "/collections/notes/points/scroll", `{"with_vector":true}`)
	if !strings.Contains(before, `"vector":[`) {
		t.Fatalf("%s; want a vector", before)
	}
	for _, mode := range []string{"", `,"update_mode":"update_only"`} {
		c.fails("PUT", "/collections/notes/points", strings.Replace(point, "%s", mode, 1), 501, madeOnce)
	}
	c.fails("PUT", "/collections/notes/points/vectors", `{"points":[{"id":"a","vector":{"text":"cats","model":"usual"}}]}`, 501, madeOnce)
	c.want("POST", "/collections/notes/points/scroll", `{"with_vector":true}`, before)
}

const madeOnce = "memista makes the vector of a text when the point is new or its text another: send a vector"
