package transfer_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista"
	"github.com/memista/memista/cmd/memista/internal/clitest"
	"github.com/memista/memista/server"
)

// other is a memista in the part of another store: it is reached through the APIs of those.
type other struct {
	t *testing.T
	*httptest.Server
}

func newOther(t *testing.T) other {
	t.Helper()
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server.New(db, nil))
	t.Cleanup(func() {
		web.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return other{t, web}
}

// do sends a request that must succeed, and returns the answer.
func (o other) do(method, path, body string) string {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), method, o.URL+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := o.Client().Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode > 299 {
		o.t.Fatalf("%s %s = %d, %s, %v", method, path, res.StatusCode, answer, err)
	}
	return string(answer)
}

const chromaPath = "/api/v2/tenants/default_tenant/databases/default_database/collections"

// chroma makes a collection, and returns the path of its records.
func (o other) chroma(name, space string) string {
	o.t.Helper()
	var c struct{ ID string }
	made := o.do("POST", chromaPath, fmt.Sprintf(`{"name":%q,"configuration":{"hnsw":{"space":%q}}}`, name, space))
	if err := json.Unmarshal([]byte(made), &c); err != nil {
		o.t.Fatal(err)
	}
	return chromaPath + "/" + c.ID
}

// listed are the chunks of a database without their ids, which are given anew.
func listed(t *testing.T, s *clitest.Shell, database string) (all []string) {
	t.Helper()
	for line := range strings.Lines(s.OK("list", database, "--all", "--embedding")) {
		_, rest, _ := strings.Cut(line, ",")
		all = append(all, rest)
	}
	slices.Sort(all)
	return all
}

// TestEmptyCollectionsKeepTheirMetric through the API of the other store.
func TestEmptyCollectionsKeepTheirMetric(t *testing.T) {
	o := newOther(t)
	o.chroma("measured", "l2")
	o.do("PUT", "/v1/databases/own", `{"metric":"ip"}`)
	o.do("PUT", "/collections/points", `{"vectors":{"size":2,"distance":"Euclid"}}`)
	o.do("PUT", "/collections/words", `{"sparse_vectors":{"s":{}}}`)
	for kind, want := range map[string]map[string]string{
		"qdrant": {"measured": "l2", "own": "ip", "points": "l2", "words": "cosine"},
		"chroma": {"measured": "l2", "own": "ip"},
	} {
		s := clitest.New(t)
		s.OK("import", "--from", kind, o.URL, "--all")
		for line := range strings.Lines(s.OK("databases", "--json")) {
			var d struct{ ID, Metric string }
			if err := json.Unmarshal([]byte(line), &d); err != nil {
				t.Fatal(err)
			}
			if m, ok := want[d.ID]; ok && m != d.Metric {
				t.Errorf("%s: the metric of %s is %s; want %s", kind, d.ID, d.Metric, m)
			}
			delete(want, d.ID)
		}
		if len(want) > 0 {
			t.Errorf("%s: %v are missing", kind, want)
		}
	}
}

func TestFromChromaAndBack(t *testing.T) {
	s, o := clitest.New(t), newOther(t)
	docs := o.chroma("docs", "cosine")
	o.do("POST", docs+"/add", `{"ids":["a","b/ü","zero"],"embeddings":[[1,0.5],[0.25,-1],[0,0]],"documents":["one",null,"three"],"metadatas":[{"n":1,"ok":true,"tags":["x","y"]},null,{"s":"t"}]}`)
	o.chroma("empty", "ip")
	for i := range 7 { // more than a page
		var ids, embeddings []string
		for j := range 100 {
			ids, embeddings = append(ids, fmt.Sprintf(`"%d"`, i*100+j)), append(embeddings, fmt.Sprintf("[%d,1]", j))
		}
		o.do("POST", docs+"/add", fmt.Sprintf(`{"ids":[%s],"embeddings":[%s]}`, strings.Join(ids, ","), strings.Join(embeddings, ",")))
	}
	out := s.OK("import", "--from", "chroma", o.URL, "--all")
	if !strings.Contains(out, "docs: 703 rows stored\n") || !strings.Contains(out, "empty: 0 rows stored\n") {
		t.Errorf("import printed %q", out)
	}
	want := []string{
		`"key":"a","text":"one","metadata":{"n":1,"ok":true,"tags":["x","y"]},"embedding":[1,0.5]}`,
		`"key":"b/ü","text":"","metadata":null,"embedding":[0.25,-1]}`,
		`"key":"zero","text":"three","metadata":{"s":"t"},"embedding":[0,0]}`,
	}
	got := listed(t, s, "docs")
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(strings.Join(got[700:], "")), "\n")); len(got) != 703 || diff != "" {
		t.Errorf("%d chunks (-want +got):\n%s", len(got), diff)
	}
	if out := s.OK("databases", "--json"); !strings.Contains(out, `"metric":"ip"`) || !strings.Contains(out, `"metric":"cosine"`) {
		t.Errorf("databases printed %s; want the metrics of both", out)
	}
	back := o.chroma("back", "cosine")
	for line := range strings.Lines(s.OK("export", "docs", "--format", "chroma")) {
		o.do("POST", back+"/upsert", line)
	}
	s.OK("import", "--from", "chroma", o.URL+"/back")
	if diff := cmp.Diff(got, listed(t, s, "back")); diff != "" {
		t.Errorf("there and back (-want +got):\n%s", diff)
	}
}

func TestFromQdrantAndBack(t *testing.T) {
	s, o := clitest.New(t), newOther(t)
	o.do("PUT", "/collections/docs", `{"vectors":{"size":2,"distance":"Cosine"}}`)
	o.do("PUT", "/collections/docs/points?wait=true", `{"points":[
		{"id":7,"vector":[1,0],"payload":{"page_content":"seven","metadata":{"n":[1,null]}}},
		{"id":18446744073709551615,"vector":[0,0],"payload":{}},
		{"id":"0b0f3d1e000040008000000000000001","vector":[0.6,0.8]}]}`)
	for i := range 3 {
		var points []string
		for j := range 500 {
			points = append(points, fmt.Sprintf(`{"id":%d,"vector":[0,%d],"payload":{"i":%d}}`, 1000+i*500+j, j+1, i))
		}
		o.do("PUT", "/collections/docs/points?wait=true", `{"points":[`+strings.Join(points, ",")+`]}`)
	}
	if out := s.OK("import", "--from", "qdrant", o.URL+"/docs"); out != "docs: 1503 rows stored\n" {
		t.Errorf("import printed %q", out)
	}
	got := listed(t, s, "docs")
	for _, want := range []string{
		`"key":"7","text":"seven","metadata":{"page_content":"seven","metadata":{"n":[1,null]}},"embedding":[1,0]}` + "\n",
		`"key":"18446744073709551615","text":"","metadata":null,"embedding":[0,0]}` + "\n",
		`"key":"0b0f3d1e-0000-4000-8000-000000000001","text":"","metadata":null,"embedding":[0.6,0.8]}` + "\n",
		`"key":"2499","text":"","metadata":{"i":2},"embedding":[0,1]}` + "\n",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
	// What goes back: the import, and the collection itself as the server exports it.
	for name, args := range map[string][]string{"import": {"export", "docs"}, "collection": {"export", "docs", "--server", o.URL}} {
		o.do("PUT", "/collections/"+name, `{"vectors":{"size":2,"distance":"Cosine"}}`)
		for line := range strings.Lines(s.OK(append(args, "--format", "qdrant")...)) {
			o.do("PUT", "/collections/"+name+"/points?wait=true", line)
		}
		s.OK("import", "--from", "qdrant", o.URL+"/"+name)
		if diff := cmp.Diff(got, listed(t, s, name)); len(got) != 1503 || diff != "" {
			t.Errorf("%s: there and back (-want +got):\n%s", name, diff)
		}
	}
}
