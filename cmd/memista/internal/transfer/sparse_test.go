package transfer_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

// TestSparseVectorsFromQdrant come with the points, and their names with the collection.
func TestSparseVectorsFromQdrant(t *testing.T) {
	s, o := clitest.New(t), newOther(t)
	o.do("PUT", "/collections/docs", `{"vectors":{"d":{"size":2,"distance":"Cosine"}},"sparse_vectors":{"bm25":{"modifier":"idf"},"plain":{}}}`)
	o.do("PUT", "/collections/docs/points?wait=true", `{"points":[
		{"id":1,"vector":{"d":[1,0],"plain":{"indices":[7,2],"values":[1,0.5]}}},
		{"id":2,"vector":{"plain":{"indices":[7],"values":[3]},"bm25":{"indices":[4294967295],"values":[1]}},"payload":{"content":"two"}},
		{"id":3,"vector":{"d":[0,1]}}]}`)
	want := []string{
		`"key":"1","text":"","metadata":null,"embedding":[1,0],"sparse":{"plain":{"indices":[2,7],"values":[0.5,1]}}}` + "\n",
		`"key":"2","text":"two","metadata":{"content":"two"},"sparse":{"bm25":{"indices":[4294967295],"values":[1]},"plain":{"indices":[7],"values":[3]}}}` + "\n",
		`"key":"3","text":"","metadata":null,"embedding":[0,1]}` + "\n",
	}
	s.OK("create", "kept", "--optional-embeddings", "--sparse", "plain")
	for _, args := range [][]string{{"kept", o.URL + "/docs"}, {"kept", o.URL + "/docs", "--sparse", "more"}} {
		s.Fails(cli.Failed, `does not declare the sparse vector "bm25" of docs: declare it by memista alter kept --sparse "bm25=idf"`, append([]string{"import", "--from", "qdrant"}, args...)...)
	}
	if got := s.OK("count", "kept"); got != "0\n" {
		t.Errorf("%s chunks are stored; want none", got)
	}
	s.OK("import", "--from", "qdrant", o.URL+"/docs")
	if diff := cmp.Diff(want, listed(t, s, "docs")); diff != "" {
		t.Errorf("docs (-want +got):\n%s", diff)
	}
	const query = `{"name":"plain","indices":[7],"values":[1]}`
	if got, want := s.OK("search", "docs", "--sparse", query), "3.000000\t2\ttwo\n1.000000\t1\t\n"; got != want {
		t.Errorf("search --sparse printed %q; want %q", got, want)
	}
	s.Fails(cli.Failed, `cannot be taken out of the settings`, "alter", "docs", "--sparse", "plain=idf")
	s.OK("alter", "kept", "--sparse", "plain", "--sparse", "bm25")
	s.OK("import", "kept", "--from", "qdrant", o.URL+"/docs")
	if got := listed(t, s, "kept"); !slices.Equal(got, want) {
		t.Errorf("kept: %v; want %v", got, want)
	}
}
