package httpapi_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/compress"
)

// sendPacked sends body, which is compressed as the header encoding says.
func (c client) sendPacked(method, path, encoding string, body []byte) answer {
	c.t.Helper()
	req := requestIn(c.t.Context(), method, path, bytes.NewReader(body))
	req.Header.Set("Content-Encoding", encoding)
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	c.check(method, path, rec.Result())
	return answer{status: rec.Code, header: rec.Header(), body: strings.TrimSpace(rec.Body.String())}
}

var codings = []compress.Coding{compress.Gzip, compress.Zstd}

func TestCompressedRequests(t *testing.T) {
	svc, _ := newService(t)
	h := newHandler(svc, options{})
	c := client{t: t, handler: h}
	for i, coding := range codings {
		pack := func(body string) []byte { return coding.Append(nil, []byte(body)) }
		id := string(rune('a' + i))
		for _, r := range []struct {
			method, path, body, want string
		}{
			{"POST", "/v1/insert", `{"database_id":"` + id + `","chunks":[{"embedding":[1,0],"text":"t"}]}`, `{"inserted_ids":[1]}`},
			{"POST", "/v1/databases/" + id + "/chunks", `{"chunks":[{"embedding":[0,1],"key":"k"}]}`, `{"inserted_ids":[2]}`},
			{"POST", "/v1/search", `{"database_id":"` + id + `","embeddings":[[1,0]],"num_results":1,"include":[]}`, `[[{"chunk_id":1,"key":null,"score":1,"distance":0}]]`},
			{"POST", "/v1/databases/" + id + "/count", ``, `{"count":2}`},
			{"POST", "/v1/databases/" + id + "/count", `{"filter":{"a":1}}`, `{"count":0}`},
			{"DELETE", "/v1/drop", `{"database_id":"` + id + `"}`, `{"status":"success","message":"Table and index dropped successfully"}`},
		} {
			body := pack(r.body)
			if r.body == "" {
				body = nil
			}
			if got := c.sendPacked(r.method, r.path, coding.String(), body); got.status != 200 || got.body != r.want {
				t.Errorf("%s %s in %v = %d %s; want %s", r.method, r.path, coding, got.status, got.body, r.want)
			}
		}
	}
}

func TestCompressedRequestsThatAreRefused(t *testing.T) {
	svc, _ := newService(t)
	h := newHandler(svc, options{InsertBodyLimit: 1 << 20, Limits: web.Limits{BodyMemory: 2 << 20}})
	c := client{t: t, handler: h}
	plain := []byte(twoChunks)
	bomb := bytes.Repeat([]byte{' '}, 64<<20)
	for _, tt := range []struct {
		name, encoding string
		body           []byte
		status         int
		text           string
	}{
		{"brotli", "br", plain, 415, `\"br\" is not understood: send it as it is, or as zstd, gzip`},
		{"twice", "gzip, gzip", compress.Gzip.Append(nil, compress.Gzip.Append(nil, plain)), 415, "compressed more than once"},
		{"plain as gzip", "gzip", plain, 400, "it is not gzip, as Content-Encoding says"},
		{"plain as zstd", "zstd", plain, 400, "it is not zstd, as Content-Encoding says"},
		{"half", "gzip", compress.Gzip.Append(nil, plain)[:40], 400, "its gzip ends early"},
		{"a bomb of gzip", "gzip", compress.Gzip.Append(nil, bomb), 413, "request body is larger than 1 MiB"},
		{"a bomb of zstd", "zstd", compress.Zstd.Append(nil, bomb), 413, "request body is larger than 1 MiB"},
		{"a long one that says so", "gzip", bytes.Repeat([]byte{0}, 3<<20), 413, "request body is larger than 1 MiB"},
		{"rubbish in it", "gzip", compress.Gzip.Append(nil, []byte("{")), 400, "the JSON ends"},
	} {
		got := c.sendPacked("POST", "/v1/insert", tt.encoding, tt.body)
		if got.status != tt.status || !strings.Contains(got.body, tt.text) {
			t.Errorf("%s = %d %s; want %d %s", tt.name, got.status, got.body, tt.status, tt.text)
		}
		if accepts := got.header.Get("Accept-Encoding"); (accepts != "") != (tt.status == 415) {
			t.Errorf("%s: Accept-Encoding = %q", tt.name, accepts)
		}
	}
	c.want("GET", "/v1/databases", "", 200, `{"databases":[]}`)
}

// What a body becomes counts against the memory for bodies while it is worked on.
func TestDecompressedBodiesTakeMemory(t *testing.T) {
	svc, _ := newService(t)
	h := newHandler(svc, options{Limits: web.Limits{BodyMemory: 1 << 20}})
	c := client{t: t, handler: h}
	for _, coding := range codings {
		got := c.sendPacked("POST", "/v1/insert", coding.String(), coding.Append(nil, bytes.Repeat([]byte{' '}, 2<<20)))
		if got.status != 429 || !strings.Contains(got.body, "memory for bodies") {
			t.Errorf("%v = %d %s; want 429", coding, got.status, got.body)
		}
	}
}

// fetchPacked asks for path as a caller with this Accept-Encoding, and returns the answer
// with its body in the plain.
func (c client) fetchPacked(method, path, body, accept string) (res *httptest.ResponseRecorder, plain string) {
	c.t.Helper()
	req := requestIn(c.t.Context(), method, path, strings.NewReader(body))
	if accept != "" {
		req.Header.Set("Accept-Encoding", accept)
	}
	rec := httptest.NewRecorder()
	c.handler.ServeHTTP(rec, req)
	coding, err := compress.Of(rec.Header()["Content-Encoding"])
	if err != nil {
		c.t.Fatal(err)
	}
	raw, err := compress.NewDecoder().Decode(c.t.Context(), coding, nil, rec.Body.Bytes(), 1<<30, func(int) error { return nil })
	if err != nil {
		c.t.Errorf("%s %s with Accept-Encoding %q: %v", method, path, accept, err)
	}
	return rec, string(raw)
}

func TestCompressedAnswers(t *testing.T) {
	svc, _ := newService(t)
	c := client{t: t, handler: newHandler(svc, options{})}
	if got := c.do("POST", "/v1/insert", insertBody(500, 16)); got.status != 200 {
		t.Fatal(got)
	}
	many := `{"database_id":"bench","embeddings":[` + randomVectors(1, 16)[0] + `],"num_results":400}`
	for _, r := range [][3]string{
		{"POST", "/v1/search", many},
		{"GET", "/v1/databases/bench/chunks?limit=400", ""},
		{"GET", "/openapi.json", ""},
	} {
		_, want := c.fetchPacked(r[0], r[1], r[2], "")
		if len(want) <= web.DefaultCompressAbove {
			t.Fatalf("%s %s: only %d bytes", r[0], r[1], len(want))
		}
		for accept, coding := range map[string]string{
			"": "", "identity": "", "br": "", "gzip": "gzip", "gzip, deflate, br, zstd": "zstd", "zstd;q=0, gzip;q=0.1": "gzip", "gzip;q=0": "", "identity, gzip;q=0.5": "",
		} {
			res, got := c.fetchPacked(r[0], r[1], r[2], accept)
			if res.Code != 200 || got != want || res.Header().Get("Content-Encoding") != coding || res.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s %s with Accept-Encoding %q: %d, %d bytes, %v; want the plain %d bytes in %q", r[0], r[1], accept, res.Code, len(got), res.Header(), len(want), coding)
			}
			if sent := res.Body.Len(); coding != "" && sent > len(want)/2 {
				t.Errorf("%s %s in %s: %d of %d bytes", r[0], r[1], coding, sent, len(want))
			}
		}
	}
	res, got := c.fetchPacked("GET", "/metrics", "", "gzip")
	if !strings.Contains(got, "memista_") || (res.Header().Get("Content-Encoding") == "gzip") != (len(got) > web.DefaultCompressAbove) {
		t.Errorf("metrics: %d bytes, %v", len(got), res.Header())
	}
	t.Run("not short ones", func(t *testing.T) {
		for _, path := range []string{"/healthz", "/v1/databases/bench", "/nowhere"} {
			if res, _ := c.fetchPacked("GET", path, "", "gzip, zstd"); res.Header().Get("Content-Encoding") != "" || res.Header().Get("Vary") != "" {
				t.Errorf("%s: %v; want it plain", path, res.Header())
			}
		}
	})
	t.Run("not backups, nor twice", func(t *testing.T) {
		if res, got := c.fetchPacked("GET", "/v1/backup", "", "gzip, zstd"); res.Header().Get("Content-Encoding") != "" || !strings.HasPrefix(got, "SQLite format 3") {
			t.Errorf("backup: %v %.20q", res.Header(), got)
		}
		if res, _ := c.fetchPacked("GET", "/assets/swagger-ui.css", "", "gzip, zstd"); res.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("a file of a page: %v; want it as it lies in the binary", res.Header())
		}
	})
	t.Run("never where that is said", func(t *testing.T) {
		never := client{t: t, handler: newHandler(svc, options{CompressAbove: -1})}
		if res, _ := never.fetchPacked("GET", "/openapi.json", "", "gzip"); res.Header().Get("Content-Encoding") != "" {
			t.Errorf("%v; want it plain", res.Header())
		}
		all := client{t: t, handler: newHandler(svc, options{CompressAbove: 1})}
		if res, got := all.fetchPacked("HEAD", "/healthz", "", "gzip"); res.Header().Get("Content-Encoding") != "gzip" || got != `{"status":"ok"}`+"\n" {
			t.Errorf("HEAD where all is compressed: %v %q", res.Header(), got)
		}
		if res, got := all.fetchPacked("GET", "/v1/databases/none", "", "gzip"); res.Code != 404 || res.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(got, "not_found") {
			t.Errorf("an error where all is compressed: %v %q", res.Header(), got)
		}
	})
}

// The client of the standard library asks for gzip by itself.
func TestCompressedAnswersOnTheWire(t *testing.T) {
	svc, _ := newService(t)
	s := httptest.NewServer(newHandler(svc, options{CompressAbove: 1}))
	defer s.Close()
	res, err := http.Get(s.URL + "/version")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := text(t, res.Body); !res.Uncompressed || !strings.HasPrefix(got, `{"version":`) {
		t.Errorf("GET /version = %q, compressed: %v", got, res.Uncompressed)
	}
	res, err = http.Head(s.URL + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := text(t, res.Body); got != "" || res.ContentLength <= 0 {
		t.Errorf("HEAD /healthz has %d bytes of %d", len(got), res.ContentLength)
	}
}
