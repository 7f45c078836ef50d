package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVerify(t *testing.T) {
	s := newShell(t)
	path := filepath.Join(t.TempDir(), "words.db")
	t.Setenv("DATABASE_PATH", path)
	s.fails(exitFailed, "there is no data file to verify", "verify")
	s.ok("import", "compass", s.file("words.jsonl", threeWords))
	if out := s.ok("verify"); out != path+": 1 databases with 3 chunks, nothing is wrong\n" {
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
	code, out, errOut := s.run("verify")
	if code != exitDamage || !strings.HasPrefix(out, `chunk compass chunk 2: its checksum differs (its key is "n")`) ||
		!strings.HasSuffix(out, "1 findings: run memista verify --repair, or restore a backup\n") || !strings.Contains(errOut, "1 of 1 findings are left") {
		t.Errorf("verify = %d, %q, stderr %q; want the chunk and exit code %d", code, out, errOut, exitDamage)
	}
	code, out, _ = s.run("verify", "--json")
	var r struct {
		Chunks, Left int
		Findings     []struct {
			Kind, Database string
			Chunk          int64 `json:"chunk_id"`
		}
		Notes []string
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitDamage || r.Chunks != 3 || r.Left != 1 ||
		len(r.Findings) != 1 || r.Findings[0].Kind != "chunk" || r.Findings[0].Database != "compass" || r.Findings[0].Chunk != 2 || r.Notes == nil {
		t.Errorf("verify --json = %d, %s, %v", code, out, err)
	}
	if out := s.ok("verify", "--repair"); !strings.Contains(out, "taken out and kept in the table quarantine\n") || !strings.HasSuffix(out, "1 findings, all mended\n") {
		t.Errorf("verify --repair printed %q", out)
	}
	if out := s.ok("verify"); !strings.HasSuffix(out, "1 databases with 2 chunks, nothing is wrong\n") {
		t.Errorf("verify after the repair printed %q", out)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	s.ok("backup", copied)
	s.ok("verify", "--database-path", copied)
	clear(raw[100:])
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s.fails(exitDamage, "restore a backup", "verify")
}
