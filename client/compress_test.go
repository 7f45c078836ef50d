package client_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista"
	"github.com/memista/memista/client"
	"github.com/memista/memista/server"
)

// watch returns a client of a real server, and what was sent with its last request and
// its answer.
func watch(t *testing.T, opts *client.Options) (c *client.Client, sent, answered *http.Header) {
	t.Helper()
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	h := server.New(db, nil)
	sent, answered = new(http.Header), new(http.Header)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*sent = r.Header
		h.ServeHTTP(w, r)
		*answered = w.Header()
	}))
	if c, err = client.New(web.URL, opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		web.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, sent, answered
}

func TestCompression(t *testing.T) {
	text := strings.Repeat("what was said. ", 2000)
	chunks := []client.Chunk{{Text: text, Embedding: []float32{1, 0}}, {Text: "short", Embedding: []float32{0, 1}}}
	for name, tt := range map[string]struct {
		opts           *client.Options
		sent, answered string
	}{
		"nothing said":            {nil, "", ""},
		"compressed requests":     {&client.Options{Compress: true}, "gzip", ""},
		"compressed answers, too": {&client.Options{Compress: true, HTTP: &http.Client{Transport: &http.Transport{}}}, "gzip", "gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			c, sent, answered := watch(t, tt.opts)
			if ids, err := c.Insert(t.Context(), "x", chunks, nil); err != nil || len(ids) != 2 {
				t.Fatalf("Insert = %v, %v", ids, err)
			}
			if got := sent.Get("Content-Encoding"); got != tt.sent {
				t.Errorf("a long request has Content-Encoding %q; want %q", got, tt.sent)
			}
			hits, err := c.Search(t.Context(), "x", []float32{1, 0}, 1, nil)
			if err != nil || len(hits) != 1 || hits[0].Text != text {
				t.Errorf("Search = %d hits, %v; want the long text", len(hits), err)
			}
			if got := sent.Get("Content-Encoding"); got != "" {
				t.Errorf("a short request has Content-Encoding %q; want none", got)
			}
			if got := answered.Get("Content-Encoding"); got != tt.answered {
				t.Errorf("a long answer has Content-Encoding %q; want %q", got, tt.answered)
			}
		})
	}
}
