package export_test

import (
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

// TestSparseVectors takes sparse vectors out, and in again.
func TestSparseVectors(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		run := func(args ...string) []string { return append(args, where...) }
		s.OK(run("create", "w", "--optional-embeddings", "--sparse", "bm25=idf", "--sparse", "plain")...)
		s.OK(run("import", "w", s.File("rows.jsonl", `{"key":"1","embedding":[1,0],"sparse":{"plain":{"indices":[7,2],"values":[1,0.5]}}}
{"key":"2","text":"two","sparse":{"plain":{"indices":[7],"values":[3]},"bm25":{"indices":[4294967295],"values":[1]}}}
{"key":"3","embedding":[0,1]}
`))...)
		for format, want := range map[string][2]string{
			"jsonl": {`{"key":"1","embedding":[1,0],"sparse":{"plain":{"indices":[2,7],"values":[0.5,1]}}}
{"key":"2","text":"two","sparse":{"bm25":{"indices":[4294967295],"values":[1]},"plain":{"indices":[7],"values":[3]}}}
{"key":"3","embedding":[0,1]}
`, `memista import NAME FILE --sparse "bm25=idf" --sparse "plain=none"`},
			"qdrant": {`{"points":[{"id":1,"vector":{"":[1,0],"plain":{"indices":[2,7],"values":[0.5,1]}}},{"id":2,"vector":{"bm25":{"indices":[4294967295],"values":[1]},"plain":{"indices":[7],"values":[3]}},"payload":{"document":"two"}},{"id":3,"vector":[0,1]}]}
`, `PUT /collections/w {"vectors":{"size":2,"distance":"Cosine"},"sparse_vectors":{"bm25":{"modifier":"idf"},"plain":{}}}`},
			"chroma": {`{"ids":["1","3"],"embeddings":[[1,0],[0,1]],"documents":[null,null],"metadatas":[null,null]}
`, "2 chunks have sparse vectors, which are left out"},
		} {
			code, out, errOut := s.Run(run("export", "w", "--format", format)...)
			if code != cli.OK || out != want[0] || !strings.Contains(errOut, want[1]) {
				t.Errorf("export --format %s = %d, %s, stderr %q; want %s and %q", format, code, out, errOut, want[0], want[1])
			}
		}
		s.File("all.jsonl", s.OK(run("export", "w")...))
		s.OK(run("import", "copy", "all.jsonl", "--optional-embeddings", "--sparse", "bm25=idf", "--sparse", "plain")...)
		const query = `{"name":"plain","indices":[7],"values":[1]}`
		if got, want := s.OK(run("search", "copy", "--sparse", query)...), s.OK(run("search", "w", "--sparse", query)...); got != want || !strings.HasPrefix(got, "3.0") {
			t.Errorf("search --sparse in the copy printed %q; want %q", got, want)
		}
	})
}
