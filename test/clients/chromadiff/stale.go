package chromadiff

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// Faults of a server of Chroma show in answers that differ: its index leaves out records, the
// vectors of updates of records that are not there become those of records that are made
// later, and lists in the metadata of records that are gone come back in others. Each is made
// sure of by what the server stores, or by what it was sent before.

// faultOfVectors names the fault of a server of Chroma for which its answer to a query, or to
// a get with embeddings, differs from ours; "": none does.
func faultOfVectors(ctx context.Context, t *testing.T, r *request, theirs, ours *server, a, b answer) string {
	t.Helper()
	stored, own := theirs.vectors(ctx, t, r.uses), ours.vectors(ctx, t, r.uses)
	for id, v := range stored {
		if w, ok := own[id]; ok && distance("", v, w) > 1e-6 {
			if r.uses.updatedTo(id, v) && !r.uses.updatedTo(id, w) {
				return "Chroma kept the vector of an update of a record that was not there"
			}
			return ""
		}
	}
	if r.kind == "get" {
		return ""
	}
	metric := theirs.space(ctx, t, r.uses)
	switch {
	case !agrees(metric, r, b, stored):
		return ""
	case !agrees(metric, r, a, stored):
		return "Chroma found records by vectors that it does not store"
	case nearer(b, a):
		return "Chroma's index left out records"
	}
	return ""
}

// agrees reports whether the distances in an answer to a query are those of stored vectors.
func agrees(metric string, r *request, a answer, stored map[string][]float64) bool {
	var q struct {
		Embeddings [][]float64 `json:"query_embeddings"`
	}
	if json.Unmarshal([]byte(r.body), &q) != nil {
		return false
	}
	object, _ := a.value.(map[string]any)
	for i, list := range columns(object) {
		for _, h := range list {
			want := distance(metric, q.Embeddings[i], stored[h.id])
			if math.Abs(want-h.distance) > 1e-4*max(1, math.Abs(want)) {
				return false
			}
		}
	}
	return true
}

// nearer reports whether the lists of a are as long as those of b, or longer, and as near or
// nearer throughout.
func nearer(a, b answer) bool {
	x, _ := a.value.(map[string]any)
	y, _ := b.value.(map[string]any)
	lists, others := columns(x), columns(y)
	for i := range others {
		if len(lists[i]) < len(others[i]) {
			return false
		}
		for j, h := range others[i] {
			if lists[i][j].distance > h.distance+1e-4*max(1, math.Abs(h.distance)) {
				return false
			}
		}
	}
	return true
}

// updatedTo reports whether an update has given record id a vector.
func (c *coll) updatedTo(id string, v []float64) bool {
	for _, b := range c.before {
		kind, body, _ := strings.Cut(b, " ")
		if kind != "update" {
			continue
		}
		var in struct {
			IDs        []string `json:"ids"`
			Embeddings []any    `json:"embeddings"`
		}
		if json.Unmarshal([]byte(body), &in) != nil {
			continue
		}
		for i := range in.IDs {
			if in.IDs[i] == id && i < len(in.Embeddings) && distance("", v, floats(in.Embeddings[i])) <= 1e-6 {
				return true
			}
		}
	}
	return false
}

// floats returns an embedding in one of its forms.
func floats(v any) (list []float64) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			f, _ := x.(float64)
			list = append(list, f)
		}
	case string:
		raw, _ := base64.StdEncoding.DecodeString(v)
		for ; len(raw) >= 4; raw = raw[4:] {
			list = append(list, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw))))
		}
	}
	return list
}

// vectors returns the vectors that a server stores in a collection.
func (s *server) vectors(ctx context.Context, t *testing.T, c *coll) map[string][]float64 {
	t.Helper()
	a := s.send(ctx, t, &request{method: "POST", path: c.space.path() + "/collections/{id}/get", body: `{"include":["embeddings"]}`, uses: c})
	var got struct {
		IDs        []string    `json:"ids"`
		Embeddings [][]float64 `json:"embeddings"`
	}
	if json.Unmarshal([]byte(a.body), &got) != nil {
		return nil
	}
	m := map[string][]float64{}
	for i, id := range got.IDs {
		m[id] = got.Embeddings[i]
	}
	return m
}

// space returns how a server measures distances in a collection.
func (s *server) space(ctx context.Context, t *testing.T, c *coll) string {
	t.Helper()
	a := s.send(ctx, t, &request{method: "GET", path: c.space.path() + "/collections/by-id/{id}", uses: c})
	var got struct {
		Configuration struct {
			HNSW struct {
				Space string `json:"space"`
			} `json:"hnsw"`
		} `json:"configuration_json"`
	}
	if json.Unmarshal([]byte(a.body), &got) != nil {
		return ""
	}
	return got.Configuration.HNSW.Space
}

func distance(metric string, a, b []float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var dot, aa, bb, sum float64
	for i := range a {
		dot += a[i] * b[i]
		aa += a[i] * a[i]
		bb += b[i] * b[i]
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	switch metric {
	case "cosine":
		return 1 - dot/math.Sqrt(aa*bb)
	case "ip":
		return 1 - dot
	}
	return sum
}

// withoutStaleLists takes the lists out of the metadata that a server of Chroma answers which
// no record of that id was ever given since it was last made, as far as ours says, and reports
// whether there was one.
func withoutStaleLists(r *request, theirs, ours answer) (found bool) {
	x, _ := theirs.value.(map[string]any)
	y, _ := ours.value.(map[string]any)
	known := map[string]map[string]any{}
	eachRecord(y, func(id string, metadata map[string]any) any {
		known[id] = metadata
		return metadata
	})
	eachRecord(x, func(id string, metadata map[string]any) any {
		for key := range metadata {
			if _, ok := known[id][key]; !ok && strings.HasPrefix(key, "l") && !r.uses.gave(id, key) {
				found = true
				delete(metadata, key)
			}
		}
		if len(metadata) == 0 && known[id] == nil {
			return nil
		}
		return metadata
	})
	return found
}

// hasStaleLists reports whether a server of Chroma has lists of records that are gone in
// those of a collection now, which conditions on lists then find.
func hasStaleLists(ctx context.Context, t *testing.T, r *request, theirs, ours *server) bool {
	t.Helper()
	all := &request{method: "POST", path: r.uses.space.path() + "/collections/{id}/get", body: `{"include":["metadatas"]}`, kind: "get", uses: r.uses}
	return withoutStaleLists(all, theirs.send(ctx, t, all), ours.send(ctx, t, all))
}

// eachRecord calls fn with the records in the answer of a get or a query that have metadata,
// and puts what it returns in the place of that.
func eachRecord(v map[string]any, fn func(id string, metadata map[string]any) any) {
	var walk func(ids, metadatas any)
	walk = func(ids, metadatas any) {
		is, _ := ids.([]any)
		ms, _ := metadatas.([]any)
		for i := range is {
			if i >= len(ms) {
				return
			}
			if id, ok := is[i].(string); ok {
				if m, ok := ms[i].(map[string]any); ok {
					ms[i] = fn(id, m)
				}
				continue
			}
			walk(is[i], ms[i])
		}
	}
	walk(v["ids"], v["metadatas"])
}

// gave reports whether the last request that stored record id anew gave it that key, or a
// later one did.
func (c *coll) gave(id, key string) (gave bool) {
	for _, b := range c.before {
		kind, body, _ := strings.Cut(b, " ")
		if kind == "delete" {
			gave = false // it may have been deleted
			continue
		}
		var in struct {
			IDs       []string                     `json:"ids"`
			Metadatas []map[string]json.RawMessage `json:"metadatas"`
		}
		if json.Unmarshal([]byte(body), &in) != nil {
			continue
		}
		for i := range in.IDs {
			if in.IDs[i] == id && i < len(in.Metadatas) {
				if v, ok := in.Metadatas[i][key]; ok {
					gave = string(v) != "null"
				}
			}
		}
	}
	return gave
}
