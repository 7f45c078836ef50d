package record_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/chromaapi/record"
	"github.com/memista/memista/internal/domain"
)

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	for _, r := range []record.Record{
		{},
		{Document: record.Some("")},
		{Document: record.Some("text")},
		{URI: record.Some("")},
		{URI: record.Some("u")},
		{URI: record.Some("u"), Document: record.Some(""), Metadata: `{"a":1.0,"b":[1,2],"c":"\"#chroma\":"}`},
		{URI: record.Some(`"<u>`), Document: record.Some("d"), Metadata: `{"a":{"#type":"sparse_vector","indices":[1],"values":[0.5]}}`},
	} {
		r.Embedding = []float32{1, 2}
		c := domain.Chunk{Key: "k", ID: 3}
		if err := r.Into(&c); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, record.Of(&c)); diff != "" {
			t.Errorf("%+v in %+v (-want +got):\n%s", r, c, diff)
		}
		if c.Key != "k" || c.ID != 3 {
			t.Errorf("key and id are %q, %d; want them left alone", c.Key, c.ID)
		}
		if r.URI.Set || r.Document == record.Some("") {
			continue
		}
		if c.Metadata.Text != r.Metadata {
			t.Errorf("metadata of %+v = %s; want nothing reserved in it", r, c.Metadata.Text)
		}
	}
}

func TestChunksOfOthers(t *testing.T) {
	for name, k := range map[string]struct {
		chunk domain.Chunk
		want  record.Record
	}{
		"a string with an object": {
			domain.Chunk{Text: "t", Metadata: domain.MetadataString(` {"a":1}`)},
			record.Record{Document: record.Some("t"), Metadata: ` {"a":1}`},
		},
		"another string":     {domain.Chunk{Metadata: domain.MetadataString("x")}, record.Record{}},
		"no text":            {domain.Chunk{}, record.Record{}},
		"no fields":          {object(`{}`), record.Record{}},
		"a field like ours":  {object(`{"#chroma":5,"a":1}`), record.Record{Metadata: `{"a":1}`}},
		"a mark with a text": {textOf("now", `{"#chroma":{"document":""}}`), record.Record{Document: record.Some("now")}},
		"ours, deeper":       {object(`{"a":{"#chroma":{"uri":"u"}}}`), record.Record{Metadata: `{"a":{"#chroma":{"uri":"u"}}}`}},
	} {
		if diff := cmp.Diff(k.want, record.Of(&k.chunk)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func object(metadata string) domain.Chunk { return textOf("", metadata) }

func textOf(text, metadata string) domain.Chunk {
	return domain.Chunk{Text: text, Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: metadata}}
}

// TestChange has what a server of Chroma 1.0 made of the same changes.
func TestChange(t *testing.T) {
	for name, k := range map[string]struct{ old, change, want record.Record }{
		"nothing":                    {record.Record{Metadata: `{"a":1}`, Document: record.Some("d")}, record.Record{}, record.Record{Metadata: `{"a":1}`, Document: record.Some("d")}},
		"merged":                     {record.Record{Metadata: `{"a":1,"b":2}`}, record.Record{Metadata: `{"a":3,"c":2}`}, record.Record{Metadata: `{"a":3,"b":2,"c":2}`}},
		"a null takes a field out":   {record.Record{Metadata: `{"z":1,"c":2}`}, record.Record{Metadata: `{"z":null}`}, record.Record{Metadata: `{"c":2}`}},
		"the last field goes":        {record.Record{Metadata: `{"z":1}`}, record.Record{Metadata: `{"z":null}`}, record.Record{}},
		"no fields for none":         {record.Record{}, record.Record{Metadata: `{}`}, record.Record{}},
		"nulls for none":             {record.Record{}, record.Record{Metadata: `{"a":null,"z":1}`}, record.Record{Metadata: `{"z":1}`}},
		"only nulls for none":        {record.Record{}, record.Record{Metadata: `{"a":null}`}, record.Record{}},
		"lists are replaced":         {record.Record{Metadata: `{"a":[1,2]}`}, record.Record{Metadata: `{"a":[3]}`}, record.Record{Metadata: `{"a":[3]}`}},
		"sparse vectors are too":     {record.Record{Metadata: `{"a":{"#type":"sparse_vector","indices":[1],"values":[1],"tokens":["x"]}}`}, record.Record{Metadata: `{"a":{"#type":"sparse_vector","indices":[2],"values":[3]}}`}, record.Record{Metadata: `{"a":{"#type":"sparse_vector","indices":[2],"values":[3]}}`}},
		"numbers stay as they are":   {record.Record{Metadata: `{"a":1.0}`}, record.Record{Metadata: `{"b":1e2}`}, record.Record{Metadata: `{"a":1.0,"b":1e2}`}},
		"text, uri and embedding":    {record.Record{Document: record.Some("d"), URI: record.Some("u"), Embedding: []float32{1}}, record.Record{Document: record.Some(""), URI: record.Some("v"), Embedding: []float32{2}}, record.Record{Document: record.Some(""), URI: record.Some("v"), Embedding: []float32{2}}},
		"what is not there stays so": {record.Record{Document: record.Some("d"), URI: record.Some("u"), Embedding: []float32{1}}, record.Record{Metadata: `{"a":1}`}, record.Record{Document: record.Some("d"), URI: record.Some("u"), Embedding: []float32{1}, Metadata: `{"a":1}`}},
	} {
		got := k.old
		if err := got.Change(&k.change); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(k.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestChangesOneAfterTheOther(t *testing.T) {
	for name, k := range map[string]struct {
		old     string
		changes []string
		want    string
	}{
		"the last one counts":        {`{"a":1,"b":2}`, []string{`{"a":3,"c":1}`, `{"a":4,"d":{"x":1}}`, `{"d":{"y":2}}`}, `{"a":4,"b":2,"c":1,"d":{"y":2}}`},
		"out again":                  {`{"a":1}`, []string{`{"b":2}`, `{"b":null,"a":null}`}, ``},
		"out and in":                 {`{"a":{"x":1}}`, []string{`{"a":null}`, `{"a":{"y":1.0}}`}, `{"a":{"y":1.0}}`},
		"nothing changes the others": {``, []string{``, `{"a":1}`, ``}, `{"a":1}`},
	} {
		r := record.Record{Metadata: k.old}
		var changes []*record.Record
		for _, c := range k.changes {
			changes = append(changes, &record.Record{Metadata: c})
		}
		if err := r.Change(changes...); err != nil || r.Metadata != k.want {
			t.Errorf("%s: %s, %v; want %s", name, r.Metadata, err, k.want)
		}
	}
}

// TestManyChangesOfOneRecord makes so many that merging each into what has grown would take
// minutes.
func TestManyChangesOfOneRecord(t *testing.T) {
	const n = 60_000
	changes := make([]*record.Record, n)
	for i := range changes {
		changes[i] = &record.Record{Metadata: `{"k` + strconv.Itoa(i) + `":1}`}
	}
	var r record.Record
	began := time.Now()
	if err := r.Change(changes...); err != nil {
		t.Fatal(err)
	}
	if elapsed := time.Since(began); elapsed > 20*time.Second {
		t.Errorf("%d changes took %v; want what grows with them", n, elapsed)
	}
	if want := len(`"k10000":1,`) * n; len(r.Metadata) < want-n {
		t.Errorf("the metadata has %d bytes; want about %d", len(r.Metadata), want)
	}
}
