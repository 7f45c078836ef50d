package chroma_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/importfile/chroma"
	"github.com/memista/memista/internal/adapters/importfile/remote"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/domain"
)

// record is a record of the store; its fields are JSON.
type record struct{ id, embedding, document, metadata, uri string }

// store is a Chroma server with one collection, "docs", that answers as one does.
type store struct {
	*providertest.Server
	config, metadata, dimension string // of the collection
	records                     []record
	most                        int  // records of an answer
	old                         bool // only version 1
	clock                       providertest.Clock
}

func newStore(t *testing.T, records ...record) *store {
	t.Helper()
	s := &store{config: `{"hnsw":{"space":"cosine"},"spann":null}`, metadata: "null", dimension: "2", records: records, most: 1000}
	s.Server = providertest.NewServer(t, s.answer)
	return s
}

func (s *store) answer(w http.ResponseWriter, r *http.Request) {
	path, prefix := r.URL.Path, "/api/v2/tenants/home/databases/main"
	if s.old {
		prefix = "/api/v1"
		if strings.HasSuffix(path, "/collections") || strings.HasSuffix(path, "/docs") {
			if r.URL.Query().Get("tenant") != "home" || r.URL.Query().Get("database") != "main" {
				path = "elsewhere"
			}
		}
	}
	docs := fmt.Sprintf(`{"id":"6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11","name":"docs","configuration_json":%s,"metadata":%s,"dimension":%s}`, s.config, s.metadata, s.dimension)
	switch r.Method + " " + path {
	case "GET /api/v2/heartbeat":
		if s.old {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, `{"nanosecond heartbeat":1}`)
	case "GET /api/v1/heartbeat":
		fmt.Fprint(w, `{"nanosecond heartbeat":1}`)
	case "GET " + prefix + "/collections":
		if r.URL.Query().Get("offset") != "0" {
			docs = ""
		}
		fmt.Fprintf(w, "[%s]", docs)
	case "GET " + prefix + "/collections/docs":
		fmt.Fprint(w, docs)
	case "GET " + prefix + "/collections/6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11/count":
		fmt.Fprint(w, len(s.records))
	case "POST " + prefix + "/collections/6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11/get":
		s.get(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":"NotFoundError","message":"Collection [x] does not exist"}`)
	}
}

func (s *store) get(w http.ResponseWriter, r *http.Request) {
	var body struct{ Limit, Offset int }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	from := min(body.Offset, len(s.records))
	page := s.records[from:min(from+min(body.Limit, s.most), len(s.records))]
	column := func(of func(record) string) string {
		var all []string
		for _, one := range page {
			all = append(all, of(one))
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	fmt.Fprintf(w, `{"ids":%s,"embeddings":%s,"documents":%s,"uris":%s,"metadatas":%s,"include":["uris"]}`,
		column(func(r record) string { return fmt.Sprintf("%q", r.id) }), column(func(r record) string { return r.embedding }),
		column(func(r record) string { return r.document }), column(func(r record) string { return r.uri }), column(func(r record) string { return r.metadata }))
}

func (s *store) open(t *testing.T) *chroma.Server {
	t.Helper()
	server, err := chroma.Open(t.Context(), remote.Options{URL: s.URL, Key: domain.NewSecret("geheim-geheim"), Hint: "set the key", After: s.clock.After}, chroma.Place{Tenant: "home", Database: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func (s *store) rows(t *testing.T, limit int) (*remote.Rows, chroma.Info) {
	t.Helper()
	rows, info, err := s.open(t).Collection(t.Context(), "docs", remote.Bounds{Records: limit})
	if err != nil {
		t.Fatal(err)
	}
	return rows, info
}

func all(t *testing.T, rows *remote.Rows) (out []domain.Chunk) {
	t.Helper()
	for {
		c, _, err := rows.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
}

func object(t *testing.T, text string) domain.Metadata {
	t.Helper()
	m, err := domain.MetadataObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRecords(t *testing.T) {
	s := newStore(t,
		record{"b", "[1,0.5]", `"one"`, `{"k":1,"ok":true}`, "null"},
		record{"a", "null", "null", "null", "null"},
		record{"c/ü", "[0,0]", `""`, `{}`, `"file:///x"`},
		record{"d", `"AACAPwAAgD8="`, `"four"`, `{"uri":"own","tags":["x","y"]}`, `"file:///y"`})
	want := []domain.Chunk{
		{Key: "b", Text: "one", Metadata: object(t, `{"k":1,"ok":true}`), Embedding: []float32{1, 0.5}},
		{Key: "a"},
		{Key: "c/ü", Metadata: object(t, `{"uri":"file:///x"}`), Embedding: []float32{0, 0}},
		{Key: "d", Text: "four", Metadata: object(t, `{"uri":"own","tags":["x","y"]}`), Embedding: []float32{1, 1}},
	}
	for _, old := range []bool{false, true} {
		s.old = old
		for limit := 1; limit <= 5; limit++ {
			rows, info := s.rows(t, limit)
			if wantInfo := (chroma.Info{Dims: 2, Metric: domain.Cosine, Space: "cosine", Count: 4}); info != wantInfo {
				t.Errorf("info %+v; want %+v", info, wantInfo)
			}
			if diff := cmp.Diff(want, all(t, rows)); diff != "" {
				t.Errorf("old %v, pages of %d (-want +got):\n%s", old, limit, diff)
			}
		}
		names, err := s.open(t).Collections(t.Context())
		if err != nil || !slices.Equal(names, []string{"docs"}) {
			t.Errorf("Collections = %v, %v", names, err)
		}
	}
	for _, r := range s.Requests() {
		if r.Header.Get("x-chroma-token") != "geheim-geheim" || r.Header.Get("Authorization") != "Bearer geheim-geheim" {
			t.Errorf("%s %s has no key", r.Method, r.Path)
		}
	}
	s.most = 2 // fewer than it is asked for
	rows, _ := s.rows(t, 10)
	if diff := cmp.Diff(want, all(t, rows)); diff != "" {
		t.Errorf("a server that answers few (-want +got):\n%s", diff)
	}
}

func TestSpaces(t *testing.T) {
	for _, c := range []struct {
		config, metadata, space string
		metric                  domain.Metric
	}{
		{`{"hnsw":{"space":"ip"}}`, `{"hnsw:space":"cosine"}`, "ip", domain.InnerProduct},
		{`{"hnsw":null,"spann":{"space":"cosine"}}`, "null", "cosine", domain.Cosine},
		{`{"hnsw_configuration":{"space":"cosine","_type":"x"}}`, "null", "cosine", domain.Cosine},
		{"null", `{"hnsw:space":"cosine"}`, "cosine", domain.Cosine},
		{"null", `{"hnsw:space":7}`, "l2", domain.L2},
		{"null", "null", "l2", domain.L2},
		{`{"hnsw":{"space":"manhattan"}}`, "null", "manhattan", ""},
	} {
		s := newStore(t)
		s.config, s.metadata, s.dimension = c.config, c.metadata, "null"
		if rows, info := s.rows(t, 0); info.Space != c.space || info.Metric != c.metric || info.Dims != 0 || len(all(t, rows)) != 0 {
			t.Errorf("%s, %s: %+v; want %q", c.config, c.metadata, info, c.space)
		}
	}
}

// TestDeletedWhileRead deletes records that were read already: an offset would then leave out
// others.
func TestDeletedWhileRead(t *testing.T) {
	some := func() (all []record) {
		for i := range 9 {
			all = append(all, record{fmt.Sprint(i), "[1,2]", "null", "null", "null"})
		}
		return all
	}
	s := newStore(t, some()...)
	rows, _ := s.rows(t, 4)
	for range 4 {
		if _, _, err := rows.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	cursor := rows.Cursor()
	t.Run("behind the place nothing moves", func(t *testing.T) {
		s.records = slices.Delete(some(), 6, 8)
		rows, _ := s.rows(t, 4)
		if found, err := rows.SkipTo(t.Context(), 4, cursor); err != nil || !found {
			t.Fatalf("SkipTo = %v, %v", found, err)
		}
		if got := all(t, rows); len(got) != 3 || got[0].Key != "4" {
			t.Errorf("got %+v; want 4, 5 and 8", got)
		}
	})
	t.Run("before it, it begins again", func(t *testing.T) {
		s.records = slices.Delete(some(), 1, 2)
		rows, _ := s.rows(t, 4)
		if found, err := rows.SkipTo(t.Context(), 4, cursor); err != nil || found {
			t.Fatalf("SkipTo = %v, %v; want that the place is gone", found, err)
		}
		if got := all(t, rows); len(got) != 8 || got[0].Key != "0" {
			t.Errorf("got %+v; want all", got)
		}
	})
	t.Run("while it is read it is an error", func(t *testing.T) {
		s.records = slices.Delete(some(), 1, 2)
		if _, _, err := rows.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "row 5: records before it were removed") {
			t.Errorf("Next: %v", err)
		}
	})
}

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name, want string
		answer     http.HandlerFunc
	}{
		{"a wrong key", "403 Forbidden: Permission denied (set the key)", providertest.Body(403, "application/json", `{"error":"ChromaError","message":"Permission denied"}`)},
		{"never well", "429 Too Many Requests: Rate limit, after 9 tries", providertest.Body(429, "application/json", `{"error":"ChromaError","message":"Rate limit"}`)},
		{"half a JSON", "cannot be read", providertest.Body(200, "application/json", `{"ids":["a"`)},
		{"a column that is short", "1 embeddings for 2 ids", providertest.Body(200, "application/json", `{"ids":["a","b"],"embeddings":[[1,2]]}`)},
		{"an id that is empty", `record "": its id is empty`, providertest.Body(200, "application/json", `{"ids":[""],"embeddings":[[1,2]]}`)},
		{"an id that is a number", "cannot be read", providertest.Body(200, "application/json", `{"ids":[7]}`)},
		{"a null in an embedding", `record "a": an embedding must be`, providertest.Body(200, "application/json", `{"ids":["a"],"embeddings":[[1,null]]}`)},
		{"metadata that is a list", `record "a": metadata must be`, providertest.Body(200, "application/json", `{"ids":["a"],"metadatas":[[1]]}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t, record{"a", "[1,2]", "null", "null", "null"})
			rows, _ := s.rows(t, 0)
			s.Always(c.answer)
			if _, _, err := rows.Next(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("the error is %v; want %q", err, c.want)
			}
		})
	}
	s := newStore(t)
	if _, _, err := s.open(t).Collection(t.Context(), "notes", remote.Bounds{}); err == nil || !strings.Contains(err.Error(), "404 Not Found: Collection [x] does not exist") {
		t.Errorf("a collection that is not there: %v", err)
	}
	s.Always(providertest.Body(404, "text/plain", "404 page not found"))
	if _, err := chroma.Open(t.Context(), remote.Options{URL: s.URL}, chroma.Place{}); err == nil || !strings.Contains(err.Error(), "is it the address of Chroma?") {
		t.Errorf("another server: %v", err)
	}
	if _, err := chroma.Open(t.Context(), remote.Options{URL: s.URL}, chroma.Place{Tenant: "a/b"}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("a tenant with a slash: %v; want ErrInvalid", err)
	}
}
