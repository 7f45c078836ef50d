package decode_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"testing"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// plainInsert is the body of an insert for encoding/json, the oracle.
type plainInsert struct {
	DatabaseID string `json:"database_id"`
	Chunks     []struct {
		Embedding plainVector     `json:"embedding"`
		Text      string          `json:"text"`
		Metadata  json.RawMessage `json:"metadata"`
		Key       string          `json:"key"`
		TTL       json.RawMessage `json:"ttl_seconds"`
	} `json:"chunks"`
	OnConflict string `json:"on_conflict"`
}

// plainVector is a vector in either form.
type plainVector []float32

func (v *plainVector) UnmarshalJSON(raw []byte) error {
	if raw[0] != '"' {
		return json.Unmarshal(raw, (*[]float32)(v))
	}
	var b []byte
	err := json.Unmarshal(raw, &b)
	*v = plainVector{}
	for ; len(b) >= 4; b = b[4:] {
		*v = append(*v, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return err
}

// plain does with encoding/json what the decoder does.
func (p plainInsert) plain(t *testing.T) app.Insert {
	in := app.Insert{Database: p.DatabaseID, Chunks: []domain.Chunk{}}
	in.OnConflict = map[string]domain.Conflict{"error": domain.Refuse, "skip": domain.Skip}[p.OnConflict]
	for _, c := range p.Chunks {
		ch := domain.Chunk{Embedding: c.Embedding, Text: c.Text, Key: c.Key}
		raw := bytes.TrimSpace(c.Metadata)
		switch {
		case len(raw) == 0 || raw[0] == 'n':
		case raw[0] == '"':
			var s string
			if err := json.Unmarshal(raw, &s); err != nil {
				t.Fatal(err)
			}
			ch.Metadata = domain.MetadataString(s)
		default:
			m, err := domain.MetadataObject(raw)
			if err != nil {
				t.Fatal(err)
			}
			ch.Metadata = m
		}
		in.Chunks = append(in.Chunks, ch)
	}
	return in
}

// The decoder is stricter than encoding/json; what it takes, it must take for the same.
func FuzzDecodeInsert(f *testing.F) {
	f.Add([]byte(`{"database_id":"my_app","chunks":[
	{"embedding":[1,0],"text":"First chunk","metadata":"{\"source\": \"readme\"}"},
	{"embedding":[0.5,0.5],"text":"Second \u2028 chunk","metadata":{"a" : 1},"key":"k/2"}]}`))
	f.Add([]byte(`{"database_id":"x","on_conflict":"skip","chunks":[{"embedding":"AACAPwAAIMA=","key":"k"},{"embedding":"\u002f\/9\/Pw=="}]}`))
	f.Add([]byte(`{"chunks":[{"text":null,"embedding":[1e-3, 16777217,0.1],"key":null,"metadata":null},{"embedding":[],"metadata":"\ud83d\ude00"}],"database_id":"a\u0041"}`))
	f.Add([]byte(`{"database_id":"x","chunks":[{"embedding":[1],"metadata":{"a":[{},[]]}}]}x`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decode.Insert(bytes.Clone(body))
		if err != nil {
			return
		}
		var p plainInsert
		if err := json.Unmarshal(body, &p); err != nil {
			t.Fatalf("%q is decoded as %+v; encoding/json: %v", body, got, err)
		}
		for _, c := range p.Chunks {
			if len(c.TTL) > 0 {
				return // tests of its own say what it means
			}
		}
		if diff := cmp.Diff(p.plain(t), got, sameFloats, samePatterns); diff != "" {
			t.Errorf("%q (-encoding/json +decoder):\n%s", body, diff)
		}
	})
}

// sameFloats compares vectors bit for bit, and takes nil for empty.
var sameFloats = cmp.Comparer(func(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
})

type plainSearch struct {
	DatabaseID string        `json:"database_id"`
	Embeddings []plainVector `json:"embeddings"`
	NumResults int           `json:"num_results"`
	MinScore   *float32      `json:"min_score"`
	Exact      bool          `json:"exact"`
	Ef         int           `json:"ef"`
	Include    *[]string     `json:"include"`

	Filter json.RawMessage `json:"filter"`
}

func (p plainSearch) plain(t *testing.T) app.Search {
	in := app.Search{Database: p.DatabaseID, Queries: []app.Query{}, Fields: domain.DefaultFields}
	var filter *filterlang.Filter
	if p.Filter != nil && string(p.Filter) != "null" {
		f, err := filterlang.Parse(p.Filter)
		if err != nil {
			t.Fatal(err)
		}
		filter = &f
	}
	for _, e := range p.Embeddings {
		in.Queries = append(in.Queries, app.Query{Embedding: e, K: p.NumResults, MinScore: p.MinScore, Exact: p.Exact, Ef: p.Ef, Filter: filter})
	}
	if p.Include == nil {
		return in
	}
	in.Fields = 0
	for _, name := range *p.Include {
		in.Fields |= map[string]domain.Fields{"text": domain.FieldText, "metadata": domain.FieldMetadata, "embedding": domain.FieldEmbedding | domain.FieldVectors}[name]
	}
	return in
}

// samePatterns passes over the compiled patterns of filters, which follow from their texts.
var samePatterns = cmpopts.IgnoreUnexported(filterlang.Filter{})

func FuzzDecodeSearch(f *testing.F) {
	f.Add([]byte(`{"database_id":"x","embeddings":[[1,2],[-0.5e-3,3]],"num_results":5,"min_score":0.1,"exact":true,"ef":7,"include":["text","embedding"],"filter":{"a.b":{"$in":[1,"x",null]},"$not":{"c":true}}}`))
	f.Add([]byte(`{"database_id":"x","embeddings":["AACAPwAAIMA="],"num_results":5,"encoding":"base64"}`))
	f.Add([]byte(` {"num_results":1,"embeddings":[[]],"include":[],"database_id":"","min_score":null,"ef":null,"exact":null} `))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeSearch(bytes.Clone(body))
		if err != nil {
			return
		}
		var p plainSearch
		if err := json.Unmarshal(body, &p); err != nil {
			t.Fatalf("%q is decoded as %+v; encoding/json: %v", body, got, err)
		}
		if p.NumResults != int(int32(p.NumResults)) || p.Ef != int(int32(p.Ef)) {
			return // held to int32 by the decoder, which is out of all limits, too
		}
		if diff := cmp.Diff(p.plain(t), got, sameFloats, samePatterns); diff != "" {
			t.Errorf("%q (-encoding/json +decoder):\n%s", body, diff)
		}
	})
}

// decodeSearch decodes with a decoder that was used before.
func decodeSearch(body []byte) (app.Search, error) {
	d := new(decode.Search)
	_ = d.Decode([]byte(`{"database_id":"old","embeddings":[[9,9],[9]],"num_results":9,"min_score":9,"exact":true,"ef":9,"include":["embedding"]}`))
	err := d.Decode(body)
	return d.In, err
}
