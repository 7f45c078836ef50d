package export_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

const rows = `{"key":"7","embedding":[1,0.25],"text":"seven","metadata":{"n":1}}
{"embedding":[0.5,-1],"text":"no key","metadata":"a string"}
{"key":"a/b","embedding":[3,4]}
`

func TestExport(t *testing.T) {
	clitest.OnBoth(t, func(t *testing.T, s *clitest.Shell, where []string) {
		run := func(args ...string) []string { return append(args, where...) }
		s.OK(run("import", "d", s.File("rows.jsonl", rows), "--metric", "l2")...)
		for format, want := range map[string]string{
			"jsonl": `{"key":"7","text":"seven","metadata":{"n":1},"embedding":[1,0.25]}
{"key":"rows.jsonl:2","text":"no key","metadata":"a string","embedding":[0.5,-1]}
{"key":"a/b","embedding":[3,4]}
`,
			"chroma": `{"ids":["7","rows.jsonl:2"],"embeddings":[[1,0.25],[0.5,-1]],"documents":["seven","no key"],"metadatas":[{"n":1},{"metadata":"a string"}]}
{"ids":["a/b"],"embeddings":[[3,4]],"documents":[null],"metadatas":[null]}
`,
			"qdrant": `{"points":[{"id":7,"vector":[1,0.25],"payload":{"n":1,"document":"seven"}},{"id":"c3b03d5f-d2ac-5cee-b5a2-afeb83597277","vector":[0.5,-1],"payload":{"metadata":"a string","document":"no key","memista_key":"rows.jsonl:2"}}]}
{"points":[{"id":"d33b28ec-a348-54ff-b58f-a024e3917b16","vector":[3,4],"payload":{"memista_key":"a/b"}}]}
`,
		} {
			code, out, errOut := s.Run(run("export", "d", "--format", format, "--batch", "2")...)
			if code != cli.OK || out != want || !strings.Contains(errOut, "d: 3 chunks written\n") {
				t.Errorf("export --format %s = %d, %s, stderr %q; want %s", format, code, out, errOut, want)
			}
		}
		_, _, errOut := s.Run(run("export", "d", "--format", "qdrant")...)
		if !strings.Contains(errOut, `PUT /collections/d {"vectors":{"size":2,"distance":"Euclid"}}`) || !strings.Contains(errOut, "2 ids are UUIDs made of keys") {
			t.Errorf("export says %q; want how the collection is made, and what was made of keys", errOut)
		}
		if out := s.OK(run("export", "d", "--filter", `{"n":1}`)...); strings.Count(out, "\n") != 1 {
			t.Errorf("export --filter printed %q; want one", out)
		}
		s.Fails(cli.Failed, "Database 'none' not found", run("export", "none")...)
	})
}

// TestExportAndImport takes a database out and in again.
func TestExportAndImport(t *testing.T) {
	s := clitest.New(t)
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, `{"key":"k%d","embedding":[%d.5,1e-20],"text":"text %d","metadata":{"z":[1.50,null],"a":"<ü>"}}`+"\n", i, i, i)
	}
	s.OK("import", "d", s.File("rows.jsonl", b.String()))
	s.OK("export", "d", "-o", "all.jsonl")
	s.OK("import", "copy", "all.jsonl")
	if want, got := s.OK("list", "d", "--all", "--embedding"), s.OK("list", "copy", "--all", "--embedding"); want != got {
		t.Errorf("the copy is another:\n%.200s\n%.200s", want, got)
	}
	s.Fails(cli.Failed, "file exists", "export", "d", "-o", "all.jsonl")
	s.Fails(cli.Failed, "not found", "export", "none", "-o", "none.jsonl")
	if _, err := os.Stat("none.jsonl"); err == nil {
		t.Error("an export that has failed left a file")
	}
	s.Fails(cli.Usage, `unknown format "csv"`, "export", "d", "--format", "csv")
	s.Fails(cli.Usage, "--batch must be", "export", "d", "--batch", "0")
}

// TestKeysOfPoints has the keys that the API of Qdrant makes.
func TestKeysOfPoints(t *testing.T) {
	s := clitest.New(t)
	s.OK("import", "d", s.File("rows.jsonl", `{"key":"u:00000000000000000007","embedding":[1,2]}
{"key":"x:0b0f3d1e-0000-4000-8000-000000000001","embedding":[1,2]}
{"key":"z:text","embedding":[1,2]}
`))
	if out := s.OK("export", "d", "--format", "chroma"); !strings.HasPrefix(out, `{"ids":["7","0b0f3d1e-0000-4000-8000-000000000001","text"]`) {
		t.Errorf("export printed %s; want the ids of the points", out)
	}
	s.OK("import", "d", s.File("one.jsonl", `{"key":"other","embedding":[1,2]}`+"\n"))
	if out := s.OK("export", "d", "--format", "chroma"); !strings.HasPrefix(out, `{"ids":["u:00000000000000000007"`) {
		t.Errorf("export printed %s; want the keys as they are, for one is not of a point", out)
	}
}
