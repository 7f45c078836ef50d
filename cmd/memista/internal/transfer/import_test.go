package transfer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestImportSaysWhatWasReplaced(t *testing.T) {
	s := clitest.New(t)
	rows := s.File("rows.jsonl", `{"embedding":[1,0],"key":"a","text":"first"}
{"embedding":[0,1],"key":"b"}
{"embedding":[1,1],"key":"a","text":"last"}
`)
	for _, batch := range []string{"1", "2", "1000"} {
		if out := s.OK("import", "d"+batch, rows, "--batch", batch); out != "rows.jsonl: 3 rows stored in 2 chunks: 1 took the place of an earlier row with the same key\n" {
			t.Errorf("import in batches of %s printed %q", batch, out)
		}
		if out := s.OK("get", "d"+batch, "--key", "a"); !strings.Contains(out, `"chunk_id":1,"key":"a","text":"last"`) {
			t.Errorf("batches of %s: the chunk is %s; want the last row in the first chunk", batch, out)
		}
	}
}

func TestABadLine(t *testing.T) {
	s := clitest.New(t)
	var lines strings.Builder
	for i := range 25 {
		fmt.Fprintf(&lines, `{"embedding":[%d,1]}`+"\n", i)
	}
	bad := s.File("bad.jsonl", lines.String()+"{\n")
	s.Fails(cli.Failed, "bad.jsonl: row 26: unexpected EOF; rows up to 20 are stored, later ones are not", "import", "d", bad, "--batch", "10")
	s.File("bad.jsonl", lines.String())
	code, out, errOut := s.Run("import", "d", bad, "--batch", "10")
	if code != cli.OK || !strings.Contains(errOut, "the file has changed since an earlier import was stopped") {
		t.Errorf("import of the repaired file = %d, %q, stderr %q; want a note about the change", code, out, errOut)
	}
	if out := s.OK("databases", "--json"); !strings.Contains(out, `"chunks":25,`) {
		t.Errorf("databases = %s; want 25 chunks", out)
	}
	wide := s.File("wide.jsonl", `{"embedding":[1,2]}`+"\n"+`{"embedding":[1,2,3]}`+"\n")
	s.Fails(cli.Failed, "wide.jsonl: row 2: ", "import", "d", wide)
	s.Fails(cli.Failed, "expected 2, got 3", "import", "d", wide)
	s.Fails(cli.Failed, "nothing was stored", "import", "d", wide)
}
