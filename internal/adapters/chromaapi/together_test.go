package chromaapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// TestOneStoreForAll has chunks of memista's own API, and of databases whose keys are those
// of points, read and changed through this one.
func TestOneStoreForAll(t *testing.T) {
	svc := newService(t)
	c := newClient(t, svc, web.Options{}, chromaapi.Options{})
	meta, err := domain.MetadataObject([]byte(`{"a":{"b":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = svc.Insert(t.Context(), app.Insert{Database: "own", Metric: domain.L2, Chunks: []domain.Chunk{
		{Text: "no key", Embedding: []float32{1, 2}, Metadata: meta}, {Key: "7", Text: "a key", Embedding: []float32{3, 4}, Metadata: domain.MetadataString("just text")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c.send("GET", "/collections/own", "")
	c.want("GET", "/collections/own", "", 200, object("own", "l2", "null", "null", "2"))
	c.want("POST", "/collections/{own}/get", `{}`, 200, `{"ids":["1","7"],"embeddings":null,"documents":["no key","a key"],"uris":null,"metadatas":[{"a":{"b":1}},null],"include":["documents","metadatas"]}`)
	c.want("POST", "/collections/{own}/get", `{"ids":["1"],"include":["documents"]}`, 200, `{"ids":["1"],"embeddings":null,"documents":["no key"],"uris":null,"metadatas":null,"include":["documents"]}`)
	c.want("POST", "/collections/{own}/add", `{"ids":["1","7"],"embeddings":[[9,9],[9,9]]}`, 201, `{}`)
	c.want("POST", "/collections/{own}/add", `{"ids":["1"],"embeddings":[[9,9]]}`, 201, `{}`)
	c.want("POST", "/collections/{own}/get", `{"include":["embeddings"]}`, 200, `{"ids":["1","7"],"embeddings":[[1,2],[3,4]],"documents":null,"uris":null,"metadatas":null,"include":["embeddings"]}`)
	c.want("POST", "/collections/{own}/update", `{"ids":["1","7","8"],"documents":["changed","too","not"],"metadatas":[null,{"x":1},null]}`, 200, `{}`)
	c.want("POST", "/collections/{own}/upsert", `{"ids":["1"],"embeddings":[[5,6]],"uris":["u"]}`, 200, `{}`)
	c.want("POST", "/collections/{own}/get", everything, 200, `{"ids":["1","7"],"embeddings":[[5,6],[3,4]],"documents":["changed","too"],"uris":["u",null],"metadatas":[{"a":{"b":1}},{"x":1}],"include":["documents","metadatas","embeddings","uris"]}`)
	if chunk, err := svc.Chunk(t.Context(), "own", app.Ref{ID: 1}, domain.FieldText); err != nil || chunk.Text != "changed" {
		t.Errorf("chunk 1 = %+v, %v; want it changed", chunk, err)
	}
	c.want("POST", "/collections/{own}/query", `{"query_embeddings":[[5,6]],"ids":["1"],"include":["distances"]}`, 200, `{"ids":[["1"]],"embeddings":null,"documents":null,"uris":null,"metadatas":null,"distances":[[0]],"include":["distances"]}`)
	c.want("POST", "/collections/{own}/delete", `{"ids":["1"]}`, 200, `{"deleted":1}`)
	c.want("GET", "/collections/{own}/count", "", 200, "1")
	c.want("DELETE", "/collections/own", "", 200, `{}`)
	if _, err := svc.Database(t.Context(), "own"); err == nil {
		t.Error("the database is there after its collection was dropped")
	}
}

func TestAliases(t *testing.T) {
	svc := newService(t)
	c := newClient(t, svc, web.Options{}, chromaapi.Options{})
	c.make("docs", "")
	err := svc.Collections().ChangeAliases(t.Context(), []collection.AliasAction{{Do: collection.CreateAlias, Alias: "current", Collection: "docs"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	docs := object("docs", "l2", "null", "null", "null")
	c.want("GET", "/collections/current", "", 200, docs)
	c.want("POST", "/collections", `{"name":"current","get_or_create":true}`, 200, docs)
	c.want("POST", "/collections", `{"name":"current"}`, 409, `{"error":"ChromaError","message":"Collection [current] already exists"}`)
	c.want("DELETE", "/collections/current", "", 404, `{"error":"NotFoundError","message":"Collection [current] does not exist"}`)
	c.want("GET", "/collections_count", "", 200, "1")
}

func TestRecordsOfPoints(t *testing.T) {
	svc := newService(t)
	c := newClient(t, svc, web.Options{}, chromaapi.Options{})
	_, _, err := svc.Collections().Create(t.Context(), collections.New{
		Name: collection.DefaultName("points"), Surface: collection.Qdrant, Keys: collection.PointKeys, Config: `{"vectors":{"size":2}}`,
		Settings: domain.Settings{Metric: domain.Cosine, Dims: 2, OptionalEmbeddings: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	const id = "6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11"
	_, err = svc.Insert(t.Context(), app.Insert{Database: "points", Chunks: []domain.Chunk{
		{Key: "u:00000000000000000007", Embedding: []float32{1, 0}}, {Key: "x:" + id, Embedding: []float32{0, 1}}, {Key: "z:word", Text: "t"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c.send("GET", "/collections/points", "")
	c.want("POST", "/collections/{points}/get", everything, 200, `{"ids":["7","`+id+`","word"],"embeddings":[[1,0],[0,1],null],"documents":[null,null,"t"],"uris":[null,null,null],"metadatas":[null,null,null],"include":["documents","metadatas","embeddings","uris"]}`)
	c.want("POST", "/collections/{points}/upsert", `{"ids":["7","8","word"],"embeddings":[[1,1],[2,1],[3,1]]}`, 200, `{}`)
	c.want("POST", "/collections/{points}/add", `{"ids":["`+id+`"],"embeddings":[[5,5]]}`, 201, `{}`)
	c.want("POST", "/collections/{points}/get", `{"ids":["8","word","7"],"include":["embeddings"]}`, 200, `{"ids":["7","word","8"],"embeddings":[[1,1],[3,1],[2,1]],"documents":null,"uris":null,"metadatas":null,"include":["embeddings"]}`)
	c.want("PUT", "/collections/{points}", `{"new_metadata":{"a":1}}`, 200, `{}`)
	c.want("GET", "/collections/points", "", 200, object("points", "cosine", "null", `{"a":1}`, "2"))
	col, err := svc.Collections().Find(t.Context(), collection.DefaultName("points"))
	if err != nil || col.Surface != collection.Qdrant || !strings.Contains(col.Config, `"vectors":{"size":2}`) {
		t.Errorf("collection = %+v, %v; want what the other surface keeps left alone", col, err)
	}
}

// TestWritersOfOneRecord has several write at once: none loses what another was told, and of
// those that add one record the first is kept.
func TestWritersOfOneRecord(t *testing.T) {
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	c.make("docs", "")
	const writers, rounds = 6, 8
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			own := &client{t: t, handler: c.handler, ids: maps.Clone(c.ids)} // each learns for itself
			for i := range rounds {
				own.want("POST", "/collections/{docs}/upsert", fmt.Sprintf(`{"ids":["one"],"embeddings":[[1,2]],"metadatas":[{"w%d-%d":1}]}`, w, i), 200, `{}`)
				own.want("POST", "/collections/{docs}/add", fmt.Sprintf(`{"ids":["r%d"],"embeddings":[[%d,1]],"documents":["%d"]}`, i, w, w), 201, `{}`)
			}
		})
	}
	all.Wait()
	got := c.send("POST", "/collections/{docs}/get", `{"ids":["one"]}`)
	if n := strings.Count(got.body, `":1`); n != writers*rounds {
		t.Errorf("%d fields are there; want %d: %s", n, writers*rounds, got.body)
	}
	c.want("GET", "/collections/{docs}/count", "", 200, fmt.Sprint(1+rounds))
	var records struct {
		Embeddings [][]float32
		Documents  []*string
	}
	if err := json.Unmarshal([]byte(c.send("POST", "/collections/{docs}/get", `{"include":["embeddings","documents"],"where":{"none":{"$ne":1}}}`).body), &records); err != nil {
		t.Fatal(err)
	}
	for i, d := range records.Documents {
		if d != nil && fmt.Sprint(records.Embeddings[i][0]) != *d {
			t.Errorf("record %d has the vector of %v and the document of %s", i, records.Embeddings[i][0], *d)
		}
	}
}
