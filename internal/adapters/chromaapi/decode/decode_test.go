package decode_test

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/memista/memista/internal/adapters/chromaapi/decode"
	"github.com/memista/memista/internal/adapters/chromaapi/encode"
	"github.com/memista/memista/internal/adapters/chromaapi/record"
	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
)

// coded returns floats in base64.
func coded(v ...float32) string {
	var b []byte
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return `"` + base64.StdEncoding.EncodeToString(b) + `"`
}

func TestRecords(t *testing.T) {
	for name, k := range map[string]struct {
		read func([]byte) (decode.Records, error)
		body string
		want decode.Records
	}{
		"all columns": {
			decode.Added, `{"uris":["u",null], "documents":["one",null],"ids":["a","b"],"metadatas":[{"k": 1.0},null],"embeddings":[[1,2],[3.5,-4e0]],"foo":{"x":[1]}}`,
			decode.Records{
				IDs: []string{"a", "b"}, Embeddings: [][]float32{{1, 2}, {3.5, -4}}, Documents: []record.Text{record.Some("one"), {}},
				Metadatas: []string{`{"k":1.0}`, ""}, URIs: []record.Text{record.Some("u"), {}},
			},
		},
		"null columns": {decode.Upserted, `{"ids":["a"],"embeddings":[[1]],"documents":null,"metadatas":null,"uris":null}`, decode.Records{IDs: []string{"a"}, Embeddings: [][]float32{{1}}}},
		"nothing":      {decode.Added, `{"ids":[],"embeddings":[]}`, decode.Records{IDs: []string{}, Embeddings: [][]float32{}}},
		"base64":       {decode.Added, `{"ids":["a","b"],"embeddings":[` + coded(0.5, 2) + `,[1,2]]}`, decode.Records{IDs: []string{"a", "b"}, Embeddings: [][]float32{{0.5, 2}, {1, 2}}}},
		"an update":    {decode.Updated, `{"ids":["a","b"],"embeddings":[null,[1]],"metadatas":[{"x":null},{}]}`, decode.Records{IDs: []string{"a", "b"}, Embeddings: [][]float32{nil, {1}}, Metadatas: []string{`{"x":null}`, `{}`}}},
		"of nothing":   {decode.Updated, `{"ids":["a"]}`, decode.Records{IDs: []string{"a"}}},
		"values": {
			decode.Added, `{"ids":["a"],"embeddings":[[1]],"metadatas":[{"a":[1,2],"b":["x"],"c":[true],"d":[1.5,2],"e":[],"f":1e300,"g":{"#type":"sparse_vector","indices":[1,3],"values":[0.5,1.25]}}]}`,
			decode.Records{IDs: []string{"a"}, Embeddings: [][]float32{{1}}, Metadatas: []string{`{"a":[1,2],"b":["x"],"c":[true],"d":[1.5,2],"e":[],"f":1e300,"g":{"#type":"sparse_vector","indices":[1,3],"values":[0.5,1.25]}}`}},
		},
	} {
		got, err := k.read([]byte(k.body))
		if diff := cmp.Diff(k.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

const (
	syntax = "400 Failed to parse the request body as JSON: "
	types  = "422 Failed to deserialize the JSON body into the target type: "
)

// TestRefusedRecords has the statuses, and the beginnings of texts, of a server of Chroma 1.0.
func TestRefusedRecords(t *testing.T) {
	const other = "400 Inconsistent number of IDs, embeddings, documents, URIs and metadatas"
	const metadata = "400 Validation error: metadatas: Invalid metadata at index 0"
	one := func(value string) string {
		return `{"ids":["a"],"embeddings":[[1,1]],"metadatas":[{"a":` + value + `}]}`
	}
	for _, k := range []struct {
		read       func([]byte) (decode.Records, error)
		body, want string
	}{
		{decode.Added, ``, syntax}, {decode.Added, `{"ids":`, syntax}, {decode.Added, `{"ids":[]} x`, syntax}, {decode.Added, "{\"ids\":[\"\xff\"]}", syntax},
		{decode.Added, `[]`, types}, {decode.Added, `null`, types}, {decode.Added, `{"ids":["a"],"ids":["b"],"embeddings":[[1]]}`, types + "duplicate field `ids`"},
		{decode.Added, `{"ids":["a"]}`, types + "missing field `embeddings`"}, {decode.Added, `{"ids":["a"],"embeddings":null}`, types + "missing field `embeddings`"},
		{decode.Added, `{"ids":["a"],"embeddings":[null]}`, types}, {decode.Upserted, `{"ids":["a"],"embeddings":[null]}`, types}, {decode.Upserted, `{"ids":["a"],"documents":["x"]}`, types},
		{decode.Updated, `{"embeddings":[[1]]}`, types + "missing field `ids`"}, {decode.Added, `{"ids":[1],"embeddings":[[1]]}`, types}, {decode.Added, `{"ids":"a","embeddings":[[1]]}`, types},
		{decode.Added, `{"ids":["a"],"embeddings":[[]]}`, "400 Validation error: embeddings: Each embedding must have at least 1 dimension"},
		{decode.Added, `{"ids":["a","b"],"embeddings":[[1,2],[1]]}`, "400 Inconsistent dimensions in provided embeddings"},
		{decode.Updated, `{"ids":["a","b","c"],"embeddings":[[1,2],null,[1]]}`, "400 Inconsistent dimensions in provided embeddings"},
		{decode.Added, `{"ids":["a","b"],"embeddings":[[1]]}`, other}, {decode.Added, `{"ids":["a"],"embeddings":[[1]],"documents":[]}`, other},
		{decode.Added, `{"ids":["a"],"embeddings":[[1]],"metadatas":[null,null]}`, other}, {decode.Updated, `{"ids":["a"],"uris":["x","y"]}`, other},
		{decode.Added, `{"ids":[""],"embeddings":[[1]]}`, "400 Empty ID, ID must have at least one character"},
		{decode.Added, `{"ids":["a"],"embeddings":[[1e39]]}`, "400 Validation error: embeddings: Embeddings must not contain NaN or Infinity values"},
		{decode.Added, `{"ids":["a"],"embeddings":[[NaN]]}`, syntax}, {decode.Added, `{"ids":["a"],"embeddings":[[null]]}`, types}, {decode.Added, `{"ids":["a"],"embeddings":[["x"]]}`, types},
		{decode.Added, `{"ids":["a"],"embeddings":["!!!"]}`, "400 Invalid base64 string: "}, {decode.Added, `{"ids":["a"],"embeddings":["MTIzNDU="]}`, "400 Invalid base64 string: "},
		{decode.Added, `{"ids":["a"],"embeddings":[` + coded(float32(math.NaN())) + `]}`, "400 Non-finite float value at embedding index 0: NaN"},
		{decode.Added, `{"ids":["a"],"embeddings":[` + coded(float32(math.Inf(1))) + `]}`, "400 Non-finite float value at embedding index 0: inf"},
		{decode.Added, one(`null`), types}, {decode.Added, one(`{"b":1}`), types}, {decode.Added, one(`[1,"x"]`), types}, {decode.Added, one(`[null]`), types}, {decode.Added, one(`[[1]]`), types},
		{decode.Updated, one(`[null]`), types}, {decode.Updated, one(`{"b":1}`), types}, {decode.Added, one(`1e999`), types},
		{decode.Added, `{"ids":["a"],"embeddings":[[1,1]],"metadatas":[[1]]}`, types}, {decode.Added, `{"ids":["a"],"embeddings":[[1,1]],"metadatas":["x"]}`, types},
		{decode.Added, `{"ids":["a"],"embeddings":[[1,1]],"metadatas":[{"#a":1}]}`, metadata}, {decode.Added, `{"ids":["a"],"embeddings":[[1,1]],"metadatas":[{"$a":1}]}`, metadata},
		{decode.Added, `{"ids":["a"],"embeddings":[[1,1]],"metadatas":[{"":1}]}`, metadata},
		{decode.Added, one(`{"#type":"sparse_vector","indices":[3,1],"values":[0.5,1]}`), metadata}, {decode.Added, one(`{"#type":"sparse_vector","indices":[3],"values":[0.5,1]}`), metadata},
		{decode.Added, one(`{"#type":"sparse_vector","indices":[-1],"values":[0.5]}`), types}, {decode.Added, one(`{"#type":"other","indices":[1],"values":[0.5]}`), types},
	} {
		records, err := k.read([]byte(k.body))
		if err == nil {
			err = records.Check()
		}
		refused(t, k.body, err, k.want)
	}
}

// refused fails unless err is a refusal whose status and text begin as want does.
func refused(t *testing.T, body string, err error, want string) {
	t.Helper()
	e, ok := errors.AsType[*refusal.Error](err)
	if !ok {
		t.Errorf("%s = %v; want %s", body, err, want)
		return
	}
	status, text, _ := strings.Cut(want, " ")
	if got := string(rune('0'+e.Status/100)) + string(rune('0'+e.Status/10%10)) + string(rune('0'+e.Status%10)); got != status || !strings.HasPrefix(e.Text, text) {
		t.Errorf("%s = %s %s; want %s", body, got, e.Text, want)
	}
}

func TestGetAndDelete(t *testing.T) {
	g, err := decode.ReadGet([]byte(`{"ids":null,"where":null,"where_document":null,"limit":null,"offset":null,"include":null,"x":1}`), false)
	if want := (decode.Get{Limit: -1, Include: encode.GetDefault}); !cmp.Equal(g, want, cmpopts.IgnoreUnexported(decode.Clauses{})) || err != nil {
		t.Errorf("a get of nulls = %+v, %v; want %+v", g, err, want)
	}
	g, err = decode.ReadGet([]byte(`{"ids":[],"where":{"a":1},"where_document":{"$contains":"x"},"limit":999999999999,"offset":2,"include":["uris","distances","uris"]}`), false)
	if err != nil || g.IDs == nil || len(g.Filters) != 2 || g.Limit != math.MaxInt32 || g.Offset != 2 || !cmp.Equal(g.Include, encode.Include{encode.URIs, encode.Distances, encode.URIs}) {
		t.Errorf("get = %+v, %v", g, err)
	}
	if g, err := decode.ReadGet([]byte(`{"where":{},"where_document":{}}`), true); err != nil || g.Filter() != nil {
		t.Errorf("a lenient get = %+v, %v; want no filter", g, err)
	}
	for body, want := range map[string]string{
		`{"where":{}}`: "400 Invalid where clause", `{"where_document":{}}`: "400 Invalid where document clause", `{"limit":-1}`: types, `{"limit":1.5}`: types,
		`{"include":["foo"]}`: types, `{"include":"documents"}`: types, `{"ids":"a"}`: types, ``: syntax, `{`: syntax, `{"where":{"a":`: syntax,
	} {
		_, err := decode.ReadGet([]byte(body), false)
		refused(t, body, err, want)
	}
	d, err := decode.ReadDelete([]byte(`{"ids":["a"],"where":{"a":1},"limit":3}`), false)
	if err != nil || len(d.IDs) != 1 || len(d.Filters) != 1 || d.Limit != 3 {
		t.Errorf("delete = %+v, %v", d, err)
	}
}

func TestQuery(t *testing.T) {
	q := decode.NewQuery()
	defer q.Free()
	for range 2 { // the second time in memory that has served
		if err := q.Decode([]byte(`{"query_embeddings":[[1,2],`+coded(3, 4)+`],"n_results":3,"include":["distances"],"where":{"a":1},"ids":["x"]}`), false); err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(q.Embeddings, [][]float32{{1, 2}, {3, 4}}) || q.Results != 3 || len(q.Filters) != 1 || !cmp.Equal(q.IDs, []string{"x"}) || !cmp.Equal(q.Include, encode.Include{encode.Distances}) {
			t.Errorf("query = %+v", q)
		}
	}
	if err := q.Decode([]byte(`{"query_embeddings":[[1]],"n_results":null,"where":null,"ids":null,"query_texts":["x"]}`), false); err != nil || q.Results != 10 || q.Filter() != nil || q.IDs != nil || !cmp.Equal(q.Include, encode.QueryDefault) {
		t.Errorf("a query that says little = %+v, %v", q, err)
	}
	for body, want := range map[string]string{
		`{}`: types + "missing field `query_embeddings`", `{"query_embeddings":null}`: types, `{"query_embeddings":[1]}`: types, `{"query_embeddings":[["a"]]}`: types,
		`{"query_embeddings":[[1]],"n_results":-1}`: types, `{"query_embeddings":[[1e39]]}`: "400 ", `{"query_embeddings":[[1]],"where":{}}`: "400 Invalid where clause",
		`{"query_embeddings":[` + coded(float32(math.NaN())) + `]}`: "400 Non-finite",
	} {
		refused(t, body, q.Decode([]byte(body), false), want)
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"abc", "A.B_c-9", "192.168.1", "1.2.3.4.5", "300.1.1.1", strings.Repeat("a", 512)} {
		if err := decode.CheckName("", name); err != nil {
			t.Errorf("CheckName(%.20q) = %v", name, err)
		}
	}
	const form = "400 Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]. Got: "
	for name, want := range map[string]string{
		"no": form + "no", "-ab": form, "ab-": form, "a b c": form, "äbc": form, "": form, "abc.": form, "a/b": form, strings.Repeat("a", 513): form,
		"a..b": "400 Expected a name that does not contains two consecutive periods (..). Got a..b", "1.2.3.4": "400 Expected a name that is not a valid ip address. Got 1.2.3.4",
	} {
		refused(t, name, decode.CheckName("", name), want)
	}
}
