package exportfile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/exportfile"
	"github.com/memista/memista/internal/domain"
)

func object(t *testing.T, text string) domain.Metadata {
	t.Helper()
	m, err := domain.MetadataObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// written returns the lines and the notes for chunks.
func written(t *testing.T, format string, o exportfile.Options, chunks ...domain.Chunk) (lines, notes []string) {
	t.Helper()
	var b bytes.Buffer
	w, err := exportfile.New(format, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		if err := w.Write(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	lines = strings.Split(b.String(), "\n")
	for _, l := range lines[:len(lines)-1] {
		if !json.Valid([]byte(l)) {
			t.Errorf("the line %s is no JSON", l)
		}
	}
	return lines[:len(lines)-1], w.Notes()
}

func same(t *testing.T, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLines(t *testing.T) {
	lines, notes := written(t, "jsonl", exportfile.Options{},
		domain.Chunk{ID: 1, Key: "a", Text: "eins\n<zwei>", Metadata: object(t, `{"b":1,"a":[1.50]}`), Embedding: []float32{1, 0.1}},
		domain.Chunk{ID: 2, Metadata: domain.MetadataString(`{"n":1}`), Embedding: []float32{1e-30, 3}},
		domain.Chunk{ID: 3, Text: "no vector", ExpiresAt: time.Now().Add(90*time.Second + time.Second/2)})
	same(t, []string{
		`{"key":"a","text":"eins\n<zwei>","metadata":{"b":1,"a":[1.50]},"embedding":[1,0.1]}`,
		`{"metadata":"{\"n\":1}","embedding":[1e-30,3]}`,
		`{"text":"no vector","ttl_seconds":91}`,
	}, lines)
	same(t, nil, notes)
}

func TestSparseVectorsAreWritten(t *testing.T) {
	sparse := domain.SparseVectors{"bm25": {Indices: []uint32{3, 4294967295}, Values: []float32{0.5, 1e-30}}}
	chunks := []domain.Chunk{{ID: 1, Text: "t", Embedding: []float32{1, 2}, Sparse: sparse}, {ID: 2, Sparse: sparse}, {ID: 3, Embedding: []float32{3, 4}}}
	lines, notes := written(t, "jsonl", exportfile.Options{}, chunks...)
	same(t, []string{
		`{"text":"t","embedding":[1,2],"sparse":{"bm25":{"indices":[3,4294967295],"values":[0.5,1e-30]}}}`,
		`{"sparse":{"bm25":{"indices":[3,4294967295],"values":[0.5,1e-30]}}}`,
		`{"embedding":[3,4]}`,
	}, lines)
	same(t, nil, notes)
	none := func(int64) bool { return false }
	lines, _ = written(t, "qdrant", exportfile.Options{Batch: 9, Taken: none}, chunks[1], chunks[2])
	same(t, []string{`{"points":[{"id":2,"vector":{"bm25":{"indices":[3,4294967295],"values":[0.5,1e-30]}}},{"id":3,"vector":[3,4]}]}`}, lines)
	lines, _ = written(t, "qdrant", exportfile.Options{Batch: 9, Vector: "dense", Taken: none}, chunks[0])
	if len(lines) != 1 || !strings.Contains(lines[0], `"dense":[1,2]`) || !strings.Contains(lines[0], `"bm25":{"indices":[3,4294967295],`) {
		t.Errorf("Qdrant gets %v; want both vectors by name", lines)
	}
	lines, notes = written(t, "chroma", exportfile.Options{Batch: 9, Taken: none}, chunks...)
	same(t, []string{`{"ids":["1","3"],"embeddings":[[1,2],[3,4]],"documents":["t",null],"metadatas":[null,null]}`}, lines)
	same(t, []string{"1 chunks without an embedding are left out: Chroma has none", "2 chunks have sparse vectors, which are left out: memista writes none for Chroma"}, notes)
}

// TestTwoVectorsOfOneName is an error, for one of them would be lost.
func TestTwoVectorsOfOneName(t *testing.T) {
	w, err := exportfile.New("qdrant", io.Discard, exportfile.Options{Vector: "b"})
	if err != nil {
		t.Fatal(err)
	}
	c := domain.Chunk{ID: 1, Embedding: []float32{1}, Sparse: domain.SparseVectors{"b": {Indices: []uint32{1}, Values: []float32{2}}}}
	if err := w.Write(c); !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), `sparse vector "b"`) {
		t.Errorf("Write: %v; want ErrInvalid", err)
	}
}

func TestQdrant(t *testing.T) {
	chunks := []domain.Chunk{
		{ID: 1, Key: "18446744073709551615", Text: "t", Metadata: object(t, `{"n":{"m":null}}`), Embedding: []float32{1, 2}},
		{ID: 2, Key: "0b0f3d1e-0000-4000-8000-000000000001", Text: "p", Metadata: object(t, `{"page_content":"p"}`), Embedding: []float32{0, 0}},
		{ID: 3, Embedding: []float32{3, 3}},
		{ID: 7, Text: "its id is a key", Metadata: object(t, `{"document":"d"}`)},
		{ID: 8, Key: "some/key", Metadata: domain.MetadataString("s"), ExpiresAt: time.Now(), Embedding: []float32{1, 1}},
		{ID: 9, Key: "0B0F3D1E-0000-4000-8000-000000000001", Embedding: []float32{1, 1}},
		{ID: 10, Key: "007", Embedding: []float32{1, 1}},
	}
	taken := func(id int64) bool { return id == 7 }
	lines, notes := written(t, "qdrant", exportfile.Options{Batch: 2, Taken: taken}, chunks...)
	same(t, []string{
		`{"points":[{"id":18446744073709551615,"vector":[1,2],"payload":{"n":{"m":null},"document":"t"}},{"id":"0b0f3d1e-0000-4000-8000-000000000001","vector":[0,0],"payload":{"page_content":"p"}}]}`,
		`{"points":[{"id":3,"vector":[3,3]},{"id":"8ae213a5-0b19-5180-bf6d-b0731f480ad9","vector":{},"payload":{"document":"d","memista_text":"its id is a key"}}]}`,
		`{"points":[{"id":"7911583c-de58-5a83-a08f-8d0748c67ac3","vector":[1,1],"payload":{"metadata":"s","memista_key":"some/key"}},{"id":"a2f2cd9a-7283-5ebb-902b-01fdcc13ddb0","vector":[1,1],"payload":{"memista_key":"0B0F3D1E-0000-4000-8000-000000000001"}}]}`,
		`{"points":[{"id":"062f8737-c2f1-5939-8930-4acd7dda60ae","vector":[1,1],"payload":{"memista_key":"007"}}]}`,
	}, lines)
	same(t, []string{"4 ids are UUIDs made of keys, which stand in the payload as memista_key", "1 chunks expire here, and will not there"}, notes)
	lines, _ = written(t, "qdrant", exportfile.Options{Vector: "words", TextField: "body"}, chunks[0], chunks[3])
	same(t, []string{`{"points":[{"id":18446744073709551615,"vector":{"words":[1,2]},"payload":{"n":{"m":null},"body":"t"}},{"id":7,"vector":{},"payload":{"document":"d","body":"its id is a key"}}]}`}, lines)
}

func TestChroma(t *testing.T) {
	lines, notes := written(t, "chroma", exportfile.Options{Batch: 2, Taken: func(id int64) bool { return id == 7 }},
		domain.Chunk{ID: 1, Key: "a", Text: "t", Metadata: object(t, `{"s":"x","i":1,"f":1.5,"b":true,"l":["a","b"],"n":[1,2]}`), Embedding: []float32{1, 2}},
		domain.Chunk{ID: 2, Text: "left out"},
		domain.Chunk{ID: 3, Embedding: []float32{0, 0}},
		domain.Chunk{ID: 7, Metadata: object(t, `{"o":{"p":{"q":1},"r":"s"},"z":null,"e":[],"m":[1,"a"],"fi":[1,1.5],"tf":[true,false],"nl":[null],"#t":1,"$o":2,"deep":{"$x":[{}]}}`), Embedding: []float32{3, 3}},
		domain.Chunk{ID: 8, Metadata: domain.MetadataString("s"), ExpiresAt: time.Now(), Embedding: []float32{1, 1}},
		domain.Chunk{ID: 9, Metadata: object(t, `{}`), Embedding: []float32{1, 1}})
	same(t, []string{
		`{"ids":["a","3"],"embeddings":[[1,2],[0,0]],"documents":["t",null],"metadatas":[{"b":true,"f":1.5,"i":1,"l":["a","b"],"n":[1,2],"s":"x"},null]}`,
		`{"ids":["chunk 7","8"],"embeddings":[[3,3],[1,1]],"documents":[null,null],"metadatas":[{"_#t":1,"_$o":2,"deep.$x":"[{}]","e":"[]","fi":"[1,1.5]","m":"[1,\"a\"]","nl":"[null]","o.p.q":1,"o.r":"s","tf":[true,false]},{"metadata":"s"}]}`,
		`{"ids":["9"],"embeddings":[[1,1]],"documents":[null],"metadatas":[null]}`,
	}, lines)
	same(t, []string{"1 chunks without an embedding are left out: Chroma has none", "the metadata of 2 chunks is not as it was: Chroma takes no objects, nulls and mixed lists", "1 chunks expire here, and will not there"}, notes)
}

// TestLongLines ends a line before it is too large for a server.
func TestLongLines(t *testing.T) {
	for _, format := range []string{"qdrant", "chroma"} {
		var chunks []domain.Chunk
		for i := range 10 {
			chunks = append(chunks, domain.Chunk{ID: int64(i + 1), Text: strings.Repeat("x", 3<<20), Embedding: []float32{1}})
		}
		lines, _ := written(t, format, exportfile.Options{}, chunks...)
		if len(lines) != 4 || len(lines[0]) > 10<<20 {
			t.Errorf("%s: %d lines; want three chunks in each", format, len(lines))
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := exportfile.New("csv", nil, exportfile.Options{}); !errors.Is(err, domain.ErrInvalid) || !strings.Contains(fmt.Sprint(err), `["chroma" "jsonl" "qdrant"]`) {
		t.Errorf("New(csv): %v", err)
	}
}
