package chromadiff

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// request is one request, the same to both servers but for the ids of collections.
type request struct {
	method, path string // path with ids as {name}
	body         string // "": none
	kind         string // what it does, for the report
	uses         *coll  // the collection that it is about, or makes; nil: none
	ties         bool   // lists may have another order where distances are equal
	names        bool   // a list of collections, in any order
}

// reads reports whether r changes nothing.
func (r *request) reads() bool { return r.kind == "get" || r.kind == "query" || r.kind == "count" }

// answer is the answer to a request.
type answer struct {
	status int
	body   string
	value  any // of body, nil if that is no JSON
}

// server is one of the two.
type server struct {
	name string
	url  string
	ids  map[*coll]string // of collections
}

// send sends a request.
func (s *server) send(ctx context.Context, t *testing.T, r *request) answer {
	t.Helper()
	path := r.path
	if r.uses != nil {
		path = strings.ReplaceAll(path, "{id}", s.ids[r.uses])
	}
	req, err := http.NewRequestWithContext(ctx, r.method, s.url+path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{body: s.name + " broke off: " + err.Error()}
	}
	body, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return answer{body: s.name + " broke off: " + err.Error()}
	}
	a := answer{status: res.StatusCode, body: string(body)}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&a.value) != nil {
		a.value = nil
	}
	return a
}

// learn keeps the id of a collection that was answered.
func (s *server) learn(c *coll, a answer) bool {
	object, _ := a.value.(map[string]any)
	id, ok := object["id"].(string)
	if ok {
		s.ids[c] = id
	}
	return ok
}
