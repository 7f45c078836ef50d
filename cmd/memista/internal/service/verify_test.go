package service_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
)

func TestVerify(t *testing.T) {
	s := clitest.New(t)
	path := filepath.Join(t.TempDir(), "words.db")
	t.Setenv("DATABASE_PATH", path)
	s.Fails(cli.Failed, "there is no data file to verify", "verify")
	s.OK("import", "compass", s.File("words.jsonl", clitest.ThreeWords))
	if out := s.OK("verify"); out != path+": 1 databases with 3 chunks, nothing is wrong\n" {
		t.Errorf("verify printed %q", out)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(raw, []byte("north")) // the text of a chunk, not of the schema
	raw[at] = 'N'
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errOut := s.Run("verify")
	if code != cli.Damage || !strings.HasPrefix(out, `chunk compass chunk 2: its checksum differs (its key is "n")`) ||
		!strings.HasSuffix(out, "1 findings: run memista verify --repair, or restore a backup\n") || !strings.Contains(errOut, "1 of 1 findings are left") {
		t.Errorf("verify = %d, %q, stderr %q; want the chunk and exit code %d", code, out, errOut, cli.Damage)
	}
	code, out, _ = s.Run("verify", "--json")
	var r struct {
		Chunks, Left int
		Findings     []struct {
			Kind, Database string
			Chunk          int64 `json:"chunk_id"`
		}
		Notes []string
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != cli.Damage || r.Chunks != 3 || r.Left != 1 ||
		len(r.Findings) != 1 || r.Findings[0].Kind != "chunk" || r.Findings[0].Database != "compass" || r.Findings[0].Chunk != 2 || r.Notes == nil {
		t.Errorf("verify --json = %d, %s, %v", code, out, err)
	}
	if out := s.OK("verify", "--repair"); !strings.Contains(out, "taken out and kept in the table quarantine\n") || !strings.HasSuffix(out, "1 findings, all repaired\n") {
		t.Errorf("verify --repair printed %q", out)
	}
	if out := s.OK("verify"); !strings.HasSuffix(out, "1 databases with 2 chunks, nothing is wrong\n") {
		t.Errorf("verify after the repair printed %q", out)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	s.OK("backup", copied)
	s.OK("verify", "--database-path", copied)
	clear(raw[100:])
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Fails(cli.Damage, "restore a backup", "verify")
}
