package decode_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/chromaapi/config"
	"github.com/memista/memista/internal/adapters/chromaapi/decode"
)

// hnsw is the default with changes.
func hnsw(change func(*config.HNSW)) config.HNSW {
	h := config.DefaultHNSW()
	if change != nil {
		change(&h)
	}
	return h
}

// TestNewCollection has what a server of Chroma 1.0 made of the same bodies.
func TestNewCollection(t *testing.T) {
	cosine := hnsw(func(h *config.HNSW) { h.Space = "cosine" })
	for body, want := range map[string]decode.Collection{
		`{"name":"abc"}`: {Name: "abc", Config: config.Config{HNSW: hnsw(nil)}},
		`{"name":"abc","metadata":null,"configuration":null,"schema":null,"get_or_create":null}`:                                 {Name: "abc", Config: config.Config{HNSW: hnsw(nil)}},
		`{"name":"abc","metadata":{},"configuration":{"hnsw":null,"spann":null,"embedding_function":null},"get_or_create":true}`: {Name: "abc", Config: config.Config{HNSW: hnsw(nil)}, GetOrCreate: true},
		`{"name":"abc","metadata":{"hnsw:space":"cosine","x":1.0}}`:                                                              {Name: "abc", Config: config.Config{HNSW: cosine, Metadata: json.RawMessage(`{"hnsw:space":"cosine","x":1.0}`)}},
		`{"name":"abc","metadata":{"hnsw:space":"cosine"},"configuration":{"hnsw":{"space":null}}}`:                              {Name: "abc", Config: config.Config{HNSW: cosine, Metadata: json.RawMessage(`{"hnsw:space":"cosine"}`)}},
		`{"name":"abc","metadata":{"hnsw:space":"cosine"},"configuration":{"hnsw":{"space":"ip"}}}`:                              {Name: "abc", Config: config.Config{HNSW: hnsw(func(h *config.HNSW) { h.Space = "ip" }), Metadata: json.RawMessage(`{"hnsw:space":"cosine"}`)}},
		`{"name":"abc","metadata":{"hnsw:space":"cosine"},"configuration":{"hnsw":{"ef_search":50}}}`:                            {Name: "abc", Config: config.Config{HNSW: hnsw(func(h *config.HNSW) { h.EfSearch = 50 }), Metadata: json.RawMessage(`{"hnsw:space":"cosine"}`)}},
		`{"name":"abc","configuration":{"spann":{"space":"cosine","search_nprobe":3}}}`:                                          {Name: "abc", Config: config.Config{HNSW: cosine}},
		`{"name":"abc","configuration":{"hnsw":{"foo":1,"space":"cosine","num_threads":2,"batch_size":5}}}`:                      {Name: "abc", Config: config.Config{HNSW: cosine}},
		`{"name":"abc","configuration":{"embedding_function":{"type":"known","name":"x","config":{"a": 1,"b":[{"c":null}]}}}}`:   {Name: "abc", Config: config.Config{HNSW: hnsw(nil), EmbeddingFunction: json.RawMessage(`{"type":"known","name":"x","config":{"a":1,"b":[{"c":null}]}}`)}},
		`{"name":"abc","configuration":{"embedding_function":{"type":"legacy"}}}`:                                                {Name: "abc", Config: config.Config{HNSW: hnsw(nil), EmbeddingFunction: json.RawMessage(`{"type":"legacy"}`)}},
		`{"name":"abc","metadata":{"hnsw:space":"ip","hnsw:M":32,"hnsw:construction_ef":200,"hnsw:search_ef":50.0,"hnsw:sync_threshold":2000,"hnsw:resize_factor":1.5,"hnsw:batch_size":50}}`: {Name: "abc", Config: config.Config{
			HNSW:     config.HNSW{Space: "ip", EfConstruction: 200, EfSearch: 50, MaxNeighbors: 32, ResizeFactor: "1.5", SyncThreshold: 2000},
			Metadata: json.RawMessage(`{"hnsw:space":"ip","hnsw:M":32,"hnsw:construction_ef":200,"hnsw:search_ef":50.0,"hnsw:sync_threshold":2000,"hnsw:resize_factor":1.5,"hnsw:batch_size":50}`),
		}},
	} {
		got, err := decode.NewCollection([]byte(body))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", body, err, diff)
		}
	}
}

func TestRefusedCollections(t *testing.T) {
	const parameters = "400 Failed to parse hnsw parameters from segment metadata"
	for rest, want := range map[string]string{
		`"metadata":{"a":null}`: types, `"metadata":{"a":{"b":1}}`: types, `"metadata":"x"`: types, `"metadata":{"#a":1}`: "400 Validation error: metadata: Metadata key cannot start with '#' or '$': #a",
		`"metadata":{"":1}`: "400 Validation error: metadata: Metadata key cannot be empty", `"metadata":{"hnsw:space":"foo"}`: parameters, `"metadata":{"hnsw:space":1}`: parameters,
		`"metadata":{"hnsw:search_ef":"7"}`: parameters, `"metadata":{"hnsw:foo":1}`: parameters, `"configuration":{"hnsw":{"space":"bad"}}`: types + "configuration.hnsw.space: unknown variant `bad`",
		`"configuration":{"hnsw":{},"spann":{}}`: "400 Multiple vector index configurations provided", `"configuration":"x"`: types, `"configuration":[]`: types, `"configuration":{"hnsw":"x"}`: types,
		`"configuration":{"hnsw":{"ef_search":-1}}`: types, `"configuration":{"hnsw":{"ef_search":"x"}}`: types, `"configuration":{"hnsw":{"resize_factor":"x"}}`: types,
		`"configuration":{"embedding_function":{"type":"bad"}}`: types, `"configuration":{"embedding_function":{"type":"known","name":"x"}}`: types, `"configuration":{"embedding_function":"x"}`: types,
		`"configuration":{"embedding_function":{"type":"known","name":null,"config":{}}}`: types, `"get_or_create":1`: types, `"name":"abc"`: types + "duplicate field `name`",
	} {
		body := `{"name":"abc",` + rest + `}`
		_, err := decode.NewCollection([]byte(body))
		refused(t, body, err, want)
	}
	for body, want := range map[string]string{
		`{}`: types + "missing field `name`", `{"name":null}`: types, `{"name":1}`: types, `{"name":"no"}`: "400 Validation error: name: Expected a name containing", ``: syntax, `[]`: types,
	} {
		_, err := decode.NewCollection([]byte(body))
		refused(t, body, err, want)
	}
}

func TestCollectionChanges(t *testing.T) {
	c, err := decode.CollectionChanges([]byte(`{"new_name":"abcd","new_metadata":{"a":null,"b":2},"new_configuration":{"hnsw":{"ef_search":5}}}`))
	if err != nil || *c.Name != "abcd" || string(c.Metadata) != `{"b":2}` || !c.NewMetadata || string(c.Configuration) != `{"hnsw":{"ef_search":5}}` {
		t.Errorf("changes = %+v, %v", c, err)
	}
	for _, body := range []string{`{}`, `{"new_name":null,"new_metadata":null,"new_configuration":null}`} {
		if c, err := decode.CollectionChanges([]byte(body)); err != nil || c.Name != nil || c.NewMetadata || c.Configuration != nil {
			t.Errorf("%s = %+v, %v; want nothing", body, c, err)
		}
	}
	for body, want := range map[string]string{
		`{"new_name":"x"}`: "400 Validation error: new_name: Expected a name", `{"new_name":5}`: types, `{"new_metadata":{"a":{"b":1}}}`: types, `{"new_metadata":{"#a":1}}`: "400 Validation error: new_metadata: ",
	} {
		_, err := decode.CollectionChanges([]byte(body))
		refused(t, body, err, want)
	}
	var conf config.Config
	for configuration, want := range map[string]string{
		`{"hnsw":{"space":"ip"}}`: types, `{"hnsw":{"ef_search":"x"}}`: types, `{"embedding_function":{"type":"x"}}`: types,
	} {
		refused(t, configuration, conf.Alter([]byte(configuration)), want)
	}
}
