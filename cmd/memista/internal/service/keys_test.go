package service_test

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista"
	"github.com/memista/memista/cmd/memista/internal/cli"
	"github.com/memista/memista/cmd/memista/internal/clitest"
	"github.com/memista/memista/server"
)

func TestKeys(t *testing.T) {
	s := clitest.New(t)
	file := os.Getenv("DATABASE_PATH") + ".keys"
	if out := s.OK("keys", "list"); out != "ID  NAME  SCOPES  DATABASES  CREATED  EXPIRES\n" {
		t.Errorf("keys list before the first printed %q", out)
	}
	code, key, errOut := s.Run("keys", "create", "--scopes", "read,write", "--databases", "notes-*,x", "--name", "indexer", "--expires", "90d")
	key = strings.TrimSpace(key)
	if code != cli.OK || len(key) != 69 || !strings.Contains(errOut, key[8:16]) || strings.Contains(errOut, key[17:]) {
		t.Fatalf("keys create = %d, %q, stderr %q", code, key, errOut)
	}
	var e struct {
		ID, Name          string
		Scopes, Databases []string
		ExpiresAt         time.Time `json:"expires_at"`
		Expired           bool
	}
	out := s.OK("keys", "list", "--json")
	if err := json.Unmarshal([]byte(out), &e); err != nil || strings.Contains(out, "sha256") {
		t.Fatalf("keys list --json printed %s: %v", out, err)
	}
	if days := time.Until(e.ExpiresAt).Hours() / 24; e.ID != key[8:16] || e.Name != "indexer" || strings.Join(e.Databases, " ") != "notes-* x" || e.Expired || days < 89 || days > 91 {
		t.Errorf("keys list = %+v", e)
	}
	if out := s.OK("keys", "list"); !strings.Contains(out, "read,write  notes-*,x") {
		t.Errorf("keys list printed %q", out)
	}
	s.Fails(cli.Failed, "there is no key with the id aaaaaaaa in "+file, "keys", "revoke", "aaaaaaaa")
	if out := s.OK("keys", "revoke", e.ID); out != "revoked: "+e.ID+"\n" {
		t.Errorf("keys revoke printed %q", out)
	}
	if out := s.OK("keys", "list", "--json"); out != "" {
		t.Errorf("keys list after the last was revoked printed %q", out)
	}
	for want, args := range map[string][]string{
		"give --scopes":                {"keys", "create"},
		`unknown scope "root"`:         {"keys", "create", "--scopes", "root"},
		"may contain only":             {"keys", "create", "--scopes", "read", "--databases", "a/b"},
		`"tomorrow" is neither`:        {"keys", "create", "--scopes", "read", "--expires", "tomorrow"},
		"cannot expire in the past":    {"keys", "create", "--scopes", "read", "--expires", "2001-01-01"},
		"unknown command \"rotate\"":   {"keys", "rotate"},
		"unknown flag: --api-key":      {"serve", "--api-key", "x"},
		"requires at least 1 arg(s)":   {"keys", "revoke"},
		"unknown command \"everything": {"keys", "list", "everything"},
	} {
		s.Fails(cli.Usage, want, args...)
	}
}

func TestCommandsSendTheKeyOfTheEnvironment(t *testing.T) {
	s := clitest.New(t)
	key := strings.TrimSpace(s.OK("keys", "create", "--scopes", "admin"))
	keys, err := server.OpenKeys(os.Getenv("DATABASE_PATH")+".keys", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	db, err := memista.Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	web := httptest.NewServer(server.New(db, &server.Options{Keys: keys}))
	defer web.Close()
	s.Fails(cli.Failed, "MEMISTA_API_KEY", "databases", "--server", web.URL)
	t.Setenv("MEMISTA_API_KEY", key+", the-next-key-that-nobody-knows")
	words := s.File("words.jsonl", clitest.ThreeWords)
	if out := s.OK("import", "compass", words, "--server", web.URL); !strings.Contains(out, "3 rows stored") {
		t.Errorf("import printed %q", out)
	}
	if out := s.OK("databases", "--server", web.URL); !strings.Contains(out, "compass") {
		t.Errorf("databases printed %q", out)
	}
}
