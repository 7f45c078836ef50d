package qdrant_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/importfile/qdrant"
	"github.com/memista/memista/internal/adapters/importfile/remote"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/domain"
)

// store is a Qdrant server with one collection, "docs", that answers as one does.
type store struct {
	*providertest.Server
	vectors string   // config.params.vectors
	sparse  string   // config.params.sparse_vectors
	points  []string // JSON, in the order of their ids
	clock   providertest.Clock
	timeout time.Duration // of a try; 0: as usual
}

func newStore(t *testing.T, vectors string, points ...string) *store {
	t.Helper()
	s := &store{vectors: vectors, sparse: "null", points: points}
	s.Server = providertest.NewServer(t, s.answer)
	return s
}

func reply(w http.ResponseWriter, result string) {
	fmt.Fprintf(w, `{"result":%s,"status":"ok","time":0.0001}`, result)
}

func (s *store) answer(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "GET /base/collections":
		reply(w, `{"collections":[{"name":"docs"},{"name":"other one"}]}`)
	case "GET /base/collections/docs":
		reply(w, fmt.Sprintf(`{"status":"green","points_count":3,"config":{"params":{"vectors":%s,"sparse_vectors":%s,"shard_number":1}}}`, s.vectors, s.sparse))
	case "POST /base/collections/docs/points/count":
		reply(w, fmt.Sprintf(`{"count":%d}`, len(s.points)))
	case "POST /base/collections/docs/points/scroll":
		s.scroll(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "{\"status\":{\"error\":\"Not found: Collection `x` doesn't exist!\"},\"time\":0}")
	}
}

func id(point string) string {
	var p struct{ ID json.RawMessage }
	if err := json.Unmarshal([]byte(point), &p); err != nil {
		panic(err) // a test wrote it
	}
	return string(p.ID)
}

func (s *store) scroll(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Limit  int
		Offset json.RawMessage
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	from := 0
	if body.Offset != nil {
		from = slices.IndexFunc(s.points, func(p string) bool { return id(p) == string(body.Offset) })
		if from < 0 { // it was deleted: those behind it are larger
			from = slices.IndexFunc(s.points, func(p string) bool { return len(id(p)) == len(body.Offset) && id(p) > string(body.Offset) })
		}
	}
	to := min(from+body.Limit, len(s.points))
	next := "null"
	if to < len(s.points) {
		next = id(s.points[to])
	}
	reply(w, fmt.Sprintf(`{"points":[%s],"next_page_offset":%s}`, strings.Join(s.points[from:to], ","), next))
}

func (s *store) open(t *testing.T) *qdrant.Server {
	t.Helper()
	server, err := qdrant.Open(remote.Options{URL: s.URL + "/base/", Key: domain.NewSecret("geheim-geheim"), Hint: "set the key", After: s.clock.After, Timeout: s.timeout})
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

func (s *store) rows(t *testing.T, c qdrant.Choice) (*remote.Rows, qdrant.Info) {
	t.Helper()
	rows, info, err := s.open(t).Collection(t.Context(), "docs", c)
	if err != nil {
		t.Fatal(err)
	}
	return rows, info
}

// all reads what is left.
func all(t *testing.T, rows *remote.Rows) (out []domain.Chunk) {
	t.Helper()
	for {
		c, row, err := rows.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if row != rows.Read() {
			t.Errorf("row %d, read %d", row, rows.Read())
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

const plain = `{"size":2,"distance":"Cosine"}`

func TestPoints(t *testing.T) {
	s := newStore(t, plain,
		`{"id":7,"payload":{"page_content":"seven","metadata":{"n":7}},"vector":[1,0.5]}`,
		`{"id":18446744073709551615,"payload":{},"vector":[0,0]}`,
		`{"id":"0b0f3d1e-0000-4000-8000-000000000001","payload":null,"vector":{}}`,
		`{"id":"any string","payload":{"content":"c","text":"t","text":"u"},"vector":[-1,2e-3]}`)
	want := []domain.Chunk{
		{Key: "7", Text: "seven", Metadata: object(t, `{"page_content":"seven","metadata":{"n":7}}`), Embedding: []float32{1, 0.5}},
		{Key: "18446744073709551615", Embedding: []float32{0, 0}},
		{Key: "0b0f3d1e-0000-4000-8000-000000000001"},
		{Key: "any string", Text: "c", Metadata: object(t, `{"content":"c","text":"t","text":"u"}`), Embedding: []float32{-1, 2e-3}},
	}
	for limit := 1; limit <= 5; limit++ {
		rows, info := s.rows(t, qdrant.Choice{Bounds: remote.Bounds{Records: limit}})
		if wantInfo := (qdrant.Info{Dims: 2, Metric: domain.Cosine, Distance: "Cosine", Count: 4}); !cmp.Equal(wantInfo, info) {
			t.Errorf("info %+v; want %+v", info, wantInfo)
		}
		if diff := cmp.Diff(want, all(t, rows)); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
		}
		if rows.Size() != 4 || rows.Read() != 4 {
			t.Errorf("read %d of %d; want 4 of 4", rows.Read(), rows.Size())
		}
	}
	for _, r := range s.Requests() {
		if r.Header.Get("api-key") != "geheim-geheim" {
			t.Errorf("%s %s has no key", r.Method, r.Path)
		}
	}
	names, err := s.open(t).Collections(t.Context())
	if diff := cmp.Diff([]string{"docs", "other one"}, names); err != nil || diff != "" {
		t.Errorf("Collections: %v\n%s", err, diff)
	}
}

func TestTextField(t *testing.T) {
	s := newStore(t, plain, `{"id":1,"payload":{"text":"no","meta":{"body":"yes"}},"vector":[1,2]}`)
	rows, _ := s.rows(t, qdrant.Choice{TextField: "meta.body"})
	if got := all(t, rows); len(got) != 1 || got[0].Text != "yes" {
		t.Errorf("got %+v; want the text in meta.body", got)
	}
}

// TestWhatAnExportPutThere has the fields that memista export writes.
func TestWhatAnExportPutThere(t *testing.T) {
	s := newStore(t, plain, `{"id":1,"payload":{"memista_key":"a/b","n":1,"memista_text":"t","document":"d","a":[{"memista_key":"in"}]},"vector":[1,2]}`, `{"id":2,"payload":{"memista_key":7},"vector":[1,2]}`)
	rows, _ := s.rows(t, qdrant.Choice{})
	want := []domain.Chunk{
		{Key: "a/b", Text: "t", Metadata: object(t, `{"n":1,"document":"d","a":[{"memista_key":"in"}]}`), Embedding: []float32{1, 2}},
		{Key: "2", Metadata: object(t, `{"memista_key":7}`), Embedding: []float32{1, 2}},
	}
	if diff := cmp.Diff(want, all(t, rows)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAnyPlaceIsFoundAgain goes on behind each point, also where that is gone since.
func TestAnyPlaceIsFoundAgain(t *testing.T) {
	var points []string
	for i := range 9 {
		points = append(points, fmt.Sprintf(`{"id":%d,"vector":[1,%d]}`, i+1, i))
	}
	for stop := 1; stop <= 8; stop++ {
		for _, gone := range []bool{false, true} {
			s := newStore(t, plain, points...)
			rows, _ := s.rows(t, qdrant.Choice{Bounds: remote.Bounds{Records: 3}})
			for range stop {
				if _, _, err := rows.Next(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			cursor, mark := rows.Cursor(), rows.Fingerprint()
			if gone {
				s.points = slices.Delete(slices.Clone(s.points), stop-1, stop)
			}
			rows, _ = s.rows(t, qdrant.Choice{Bounds: remote.Bounds{Records: 3}})
			if found, err := rows.SkipTo(t.Context(), int64(stop), cursor); err != nil || !found || rows.Fingerprint() != mark {
				t.Fatalf("SkipTo(%d) = %v, %v", stop, found, err)
			}
			rest := all(t, rows)
			if len(rest) != 9-stop || rest[0].Key != fmt.Sprint(stop+1) {
				t.Errorf("behind %d, gone %v: %+v", stop, gone, rest)
			}
		}
	}
}

func TestChoiceOfAVector(t *testing.T) {
	const two = `{"image":{"size":3,"distance":"Dot"},"words":{"size":2,"distance":"Euclid"}}`
	const points = `{"id":1,"vector":{"words":[1,2],"image":[1,2,3]}}`
	for _, c := range []struct {
		name, vectors, choice string
		dims                  int
		metric                domain.Metric
		embedding             []float32
		err                   string
	}{
		{"the only one of its name", `{"fast":{"size":2,"distance":"Dot"}}`, "", 2, domain.InnerProduct, nil, ""},
		{"one of two", two, "words", 2, domain.L2, []float32{1, 2}, ""},
		{"the other", two, "image", 3, domain.InnerProduct, []float32{1, 2, 3}, ""},
		{"none is chosen", two, "", 0, "", nil, `several vectors, choose one: "image", "words"`},
		{"a wrong name", two, "text", 0, "", nil, `no vector "text", but "image", "words"`},
		{"the empty name is the plain one", `{"":{"size":2,"distance":"Cosine"},"b":{"size":9,"distance":"Dot"}}`, "", 2, domain.Cosine, nil, ""},
		{"a name where there are none", plain, "words", 0, "", nil, `no vector "words", but ""`},
		{"sparse only", `{}`, "", 0, "", nil, ""},
		{"sparse only, as null", `null`, "", 0, "", nil, ""},
		{"sparse only, and a name", `null`, "words", 0, "", nil, `no vector "words", and none at all`},
		{"lists of vectors", `{"size":2,"distance":"Dot","multivector_config":{"comparator":"max_sim"}}`, "", 0, "", nil, "multivector"},
		{"another metric", `{"size":2,"distance":"Manhattan"}`, "", 2, "", nil, ""},
		{"a wrong size", `{"size":0,"distance":"Dot"}`, "", 0, "", nil, "vectors of 0 numbers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t, c.vectors, points)
			rows, info, err := s.open(t).Collection(t.Context(), "docs", qdrant.Choice{Vector: c.choice})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("the error is %v; want %q", err, c.err)
				}
				return
			}
			if err != nil || info.Dims != c.dims || info.Metric != c.metric {
				t.Fatalf("info %+v, %v; want %d dims and %q", info, err, c.dims, c.metric)
			}
			if got := all(t, rows); !slices.Equal(got[0].Embedding, c.embedding) {
				t.Errorf("the embedding is %v; want %v", got[0].Embedding, c.embedding)
			}
		})
	}
	s := newStore(t, plain)
	s.sparse = `{"bm25":{"modifier":"idf"}}`
	if _, info := s.rows(t, qdrant.Choice{}); info.Sparse.String() != "bm25 (idf)" {
		t.Errorf("sparse vectors %v; want bm25", info.Sparse)
	}
}

// TestSparseVectors are taken over with any vector that is chosen, and without one.
func TestSparseVectors(t *testing.T) {
	points := []string{
		`{"id":1,"vector":{"":[1,2],"words":[1,2],"a":{"indices":[7,4294967295],"values":[0.5,-1]},"b":{"indices":[],"values":[]}}}`,
		`{"id":2,"vector":{"b":{"values":[1],"indices":[3]}}}`,
		`{"id":3,"vector":[1,2]}`,
	}
	sparse := []domain.SparseVectors{
		{"a": {Indices: []uint32{7, 4294967295}, Values: []float32{0.5, -1}}, "b": {Indices: []uint32{}, Values: []float32{}}},
		{"b": {Indices: []uint32{3}, Values: []float32{1}}}, nil,
	}
	for vectors, asked := range map[string]string{plain: `"with_vector":true`, `{"words":` + plain + `}`: `"with_vector":["words","a","b"]`, `{}`: `"with_vector":true`} {
		s := newStore(t, vectors, points...)
		s.sparse = `{"a":{"modifier":"idf"},"b":null}`
		rows, info := s.rows(t, qdrant.Choice{})
		s.Requests()
		if got, want := info.Sparse.String(), "a (idf), b (none)"; got != want {
			t.Errorf("%s: sparse vectors %s; want %s", vectors, got, want)
		}
		for i, c := range all(t, rows) {
			if diff := cmp.Diff(sparse[i], c.Sparse); diff != "" {
				t.Errorf("%s: point %d (-want +got):\n%s", vectors, i+1, diff)
			}
		}
		if body := string(s.Requests()[0].Body); !strings.Contains(body, asked) {
			t.Errorf("%s: asked with %s; want %s", vectors, body, asked)
		}
	}
	for vector, want := range map[string]string{
		`{"indices":[1,1],"values":[1,1]}`: "point 1: sparse a: a sparse vector has the index 1 twice",
		`{"indices":[1],"values":[null]}`:  "point 1: sparse a: a sparse vector must have",
		`{"indices":[-1],"values":[1]}`:    "point 1: sparse a: a sparse vector must have",
		`{"indices":[1],"values":[1e39]}`:  "point 1: sparse a: a sparse vector must have",
		`{"indices":[1]}`:                  "point 1: sparse a: a sparse vector must have",
		`[1]`:                              "point 1: sparse a: a sparse vector must have",
	} {
		s := newStore(t, plain, `{"id":1,"vector":{"a":`+vector+`}}`)
		s.sparse = `{"a":{}}`
		rows, _ := s.rows(t, qdrant.Choice{})
		if _, _, err := rows.Next(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v; want %q", vector, err, want)
		}
	}
	s := newStore(t, plain)
	s.sparse = `{"a":{"modifier":"tf"}}`
	if _, _, err := s.open(t).Collection(t.Context(), "docs", qdrant.Choice{}); err == nil || !strings.Contains(err.Error(), `unknown modifier "tf"`) {
		t.Errorf("the error is %v; want that the modifier is not known", err)
	}
}

// TestEmptyCollectionKeepsItsMetric where memista does not know yet how long its vectors are.
func TestEmptyCollectionKeepsItsMetric(t *testing.T) {
	_, info := newStore(t, `{"size":0,"distance":"Euclid"}`).rows(t, qdrant.Choice{})
	if want := (qdrant.Info{Metric: domain.L2, Distance: "Euclid"}); !cmp.Equal(want, info) {
		t.Errorf("info %+v; want %+v", info, want)
	}
}

func TestFailuresThatPass(t *testing.T) {
	s := newStore(t, plain, `{"id":1,"vector":[1,2]}`, `{"id":2,"vector":[1,2]}`)
	s.timeout = 2 * time.Second
	rows, _ := s.rows(t, qdrant.Choice{Bounds: remote.Bounds{Records: 1}})
	if _, _, err := rows.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Reply(
		providertest.Say(429, "slow down", "Retry-After", "7"), providertest.Say(503, "starting"), providertest.Cut,
		providertest.Say(500, "oh"), providertest.Say(502, "proxy"), providertest.Hang,
	)
	if c, row, err := rows.Next(t.Context()); err != nil || row != 2 || c.Key != "2" {
		t.Errorf("Next = %+v, %d, %v; want point 2", c, row, err)
	}
	if waits := s.clock.Waits(); len(waits) != 6 || waits[0] < 7*time.Second {
		t.Errorf("waited %v; want six waits, and 7 s first", waits)
	}
}

// TestNobodyThere fails at once before there was an answer, and is tried again after one.
func TestNobodyThere(t *testing.T) {
	s := newStore(t, plain, `{"id":1,"vector":[1,2]}`)
	rows, _ := s.rows(t, qdrant.Choice{})
	fresh := s.open(t)
	s.Close()
	if _, err := fresh.Collections(t.Context()); err == nil || !strings.Contains(err.Error(), "refused") || strings.Contains(err.Error(), "tries") {
		t.Errorf("Collections: %v; want that the first try was refused", err)
	}
	if waits := s.clock.Waits(); len(waits) != 0 {
		t.Errorf("waited %v; want no wait", waits)
	}
	if _, _, err := rows.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "after 9 tries") {
		t.Errorf("Next: %v; want nine tries", err)
	}
}

func TestFailuresThatStay(t *testing.T) {
	for _, c := range []struct {
		name, want string
		answer     http.HandlerFunc
		requests   int
	}{
		{"a wrong key", "401 Unauthorized: Invalid API key or JWT (set the key)", providertest.Body(401, "text/plain", "Invalid API key or JWT"), 1},
		{"a collection that is gone", "404 Not Found: Not found: Collection `docs` doesn't exist!", providertest.Body(404, "application/json", "{\"status\":{\"error\":\"Not found: Collection `docs` doesn't exist!\"}}"), 1},
		{"never well", "503 Service Unavailable: starting, after 9 tries", providertest.Say(503, "starting"), 9},
		{"always cut", "closed before the answer was whole, after 9 tries", providertest.Cut, 9},
		{"half a JSON", "cannot be read", providertest.Body(200, "application/json", `{"result":{"points":[{"id":1,`), 1},
		{"HTML", "HTML instead of JSON", providertest.Body(200, "text/html", "<html>login</html>"), 1},
		{"no result", "without a result", providertest.Body(200, "application/json", `{"status":"ok"}`), 1},
		{"another result", "cannot be read", providertest.Body(200, "application/json", `{"result":[1]}`), 1},
		{"a point without id", "whole number", providertest.Body(200, "application/json", `{"result":{"points":[{"vector":[1,2]}]}}`), 1},
		{"an id below zero", "point -1: an id must be", providertest.Body(200, "application/json", `{"result":{"points":[{"id":-1}]}}`), 1},
		{"an id with a fraction", "point 1.5: an id must be", providertest.Body(200, "application/json", `{"result":{"points":[{"id":1.5}]}}`), 1},
		{"a null in a vector", "point 1: an embedding must be a list", providertest.Body(200, "application/json", `{"result":{"points":[{"id":1,"vector":[1,null]}]}}`), 1},
		{"a number too large", "point 1: an embedding must be a list", providertest.Body(200, "application/json", `{"result":{"points":[{"id":1,"vector":[1,1e39]}]}}`), 1},
		{"lists of vectors", "point 1: an embedding must be a list", providertest.Body(200, "application/json", `{"result":{"points":[{"id":1,"vector":[[1,2]]}]}}`), 1},
		{"words for a vector", "point 1: an embedding in a string", providertest.Body(200, "application/json", `{"result":{"points":[{"id":1,"vector":"one"}]}}`), 1},
		{"a payload that is a list", "point 1: metadata must be", providertest.Body(200, "application/json", `{"result":{"points":[{"id":1,"payload":[1]}]}}`), 1},
		{"more of nothing", "no further records", providertest.Body(200, "application/json", `{"result":{"points":[],"next_page_offset":4}}`), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t, plain, `{"id":1,"vector":[1,2]}`)
			rows, _ := s.rows(t, qdrant.Choice{})
			s.Requests()
			s.Always(c.answer)
			_, _, err := rows.Next(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "row 1: ") || strings.Contains(err.Error(), "geheim") {
				t.Errorf("the error is %v; want %q", err, c.want)
			}
			if n := len(s.Requests()); n != c.requests {
				t.Errorf("%d requests; want %d", n, c.requests)
			}
		})
	}
}

// TestTheSamePageForever is about a server that does not look at the offset.
func TestTheSamePageForever(t *testing.T) {
	s := newStore(t, plain)
	rows, _ := s.rows(t, qdrant.Choice{})
	s.Always(providertest.Body(200, "application/json", `{"result":{"points":[{"id":1,"vector":[1,2]},{"id":2,"vector":[1,2]}],"next_page_offset":3}}`))
	for range 2 {
		if _, _, err := rows.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := rows.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "no further records") {
		t.Errorf("the error is %v; want that the server does not go on", err)
	}
}

// TestLargeRecords has pages that are larger than what is read at once: smaller ones are asked
// for, down to one record.
func TestLargeRecords(t *testing.T) {
	var points []string
	for i := range 40 {
		points = append(points, fmt.Sprintf(`{"id":%d,"payload":{"text":"%s"},"vector":[1,2]}`, i+1, strings.Repeat("x", 10<<10)))
	}
	s := newStore(t, plain, points...)
	rows, _ := s.rows(t, qdrant.Choice{Bounds: remote.Bounds{Answer: 64 << 10}})
	if got := all(t, rows); len(got) != 40 {
		t.Errorf("%d points; want 40", len(got))
	}
	rows, _ = s.rows(t, qdrant.Choice{Bounds: remote.Bounds{Answer: 8 << 10}})
	if _, _, err := rows.Next(t.Context()); err == nil || !strings.Contains(err.Error(), "answered more than 8192 bytes") {
		t.Errorf("the error is %v; want that a point is too large", err)
	}
}

func TestNamesThatLeadElsewhere(t *testing.T) {
	s := newStore(t, plain)
	for _, name := range []string{"docs/points", "docs?x=1", "a/../b"} {
		if _, _, err := s.open(t).Collection(t.Context(), name, qdrant.Choice{}); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("Collection(%q): %v; want ErrInvalid", name, err)
		}
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
	for _, address := range []string{"localhost:6333", "ftp://x", "http://user:pass@host"} {
		if _, err := qdrant.Open(remote.Options{URL: address}); !errors.Is(err, domain.ErrInvalid) || strings.Contains(err.Error(), "pass@") {
			t.Errorf("Open(%q): %v; want ErrInvalid", address, err)
		}
	}
}
