package httpapi_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/keyfile"
	"github.com/memista/memista/internal/domain"
)

// shelf is a book with one key, for the examples of the contract.
type shelf struct{}

func (*shelf) Required() bool { return true }

func (*shelf) Keys() ([]domain.KeyInfo, error) {
	root := domain.Grant{ID: "abcdefgh", Scopes: domain.ScopeAdmin, Databases: []string{"*"}}
	return []domain.KeyInfo{{Grant: root, Name: "root", CreatedAt: time.Unix(0, 0).UTC()}}, nil
}

func (*shelf) CreateKey(want domain.KeyInfo) (string, domain.KeyInfo, error) {
	want.ID, want.CreatedAt = "abcdefgh", time.Unix(0, 0).UTC()
	return "memista_abcdefgh_…", want, nil
}

func (*shelf) RevokeKey(string) error { return nil }

// outside is a key from outside the file, which may do everything.
const outside = "outside-0123456789abcdef"

// keyed returns a client of a server with a file of keys, and the ring.
func keyed(t *testing.T) (client, *keyfile.Ring) {
	t.Helper()
	svc, dir := newService(t)
	ring, err := keyfile.Open(keyfile.Source{Path: filepath.Join(dir, "keys"), Optional: true, Keys: []string{outside}})
	if err != nil {
		t.Fatal(err)
	}
	return client{t: t, handler: newHandler(svc, options{Keys: ring, Book: ring})}, ring
}

type madeKey struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Scopes    []string `json:"scopes"`
	Databases []string `json:"databases"`
	ExpiresAt *string  `json:"expires_at"`
	Key       string   `json:"key"`
}

func (c client) makeKey(t *testing.T, body string) madeKey {
	t.Helper()
	got := c.as(outside, "POST", "/v1/keys", body)
	var k madeKey
	if err := json.Unmarshal([]byte(got.body), &k); got.status != 201 || err != nil || k.Key == "" {
		t.Fatalf("POST /v1/keys %s = %d %s; want 201 and a key", body, got.status, got.body)
	}
	return k
}

func TestKeysAreMadeListedAndRevoked(t *testing.T) {
	c, _ := keyed(t)
	k := c.makeKey(t, `{"name":"reader","scopes":["read"],"databases":["mine-*"],"expires_at":"2100-01-01T00:00:00Z"}`)
	at := "2100-01-01T00:00:00Z"
	if diff := cmp.Diff(madeKey{k.ID, "reader", []string{"read"}, []string{"mine-*"}, &at, k.Key}, k); diff != "" {
		t.Error(diff)
	}
	t.Run("it is valid at once, within its scope and its reach", func(t *testing.T) {
		if got := c.as(k.Key, "GET", "/v1/databases", ""); got.status != 200 {
			t.Errorf("list = %d %s; want 200", got.status, got.body)
		}
		if got := c.as(k.Key, "PUT", "/v1/databases/mine-1", ""); got.status != 403 {
			t.Errorf("create = %d %s; want 403", got.status, got.body)
		}
		want := `{"required":true,"id":"` + k.ID + `","scopes":["read"],"databases":["mine-*"]}`
		if got := c.as(k.Key, "GET", "/v1/key", ""); got.body != want {
			t.Errorf("GET /v1/key = %s; want %s", got.body, want)
		}
	})
	t.Run("it is listed without what is secret", func(t *testing.T) {
		got := c.as(outside, "GET", "/v1/keys", "")
		if got.status != 200 || !strings.Contains(got.body, `"name":"reader"`) || strings.Contains(got.body, k.Key) || strings.Contains(got.body, "sha256") {
			t.Errorf("GET /v1/keys = %d %s; want the key without its secret", got.status, got.body)
		}
	})
	t.Run("nobody else may", func(t *testing.T) {
		limited := c.makeKey(t, `{"scopes":["admin"],"databases":["mine-*"]}`)
		for _, key := range []string{k.Key, limited.Key} {
			for _, r := range [][2]string{{"GET", "/v1/keys"}, {"POST", "/v1/keys"}, {"DELETE", "/v1/keys/" + k.ID}} {
				if got := c.as(key, r[0], r[1], `{"scopes":["admin"]}`); got.status != 403 {
					t.Errorf("%s %s with a key that reaches some databases = %d %s; want 403", r[0], r[1], got.status, got.body)
				}
			}
		}
	})
	t.Run("it ends at once", func(t *testing.T) {
		if got := c.as(outside, "DELETE", "/v1/keys/"+k.ID, ""); got.status != 200 {
			t.Fatalf("revoke = %d %s; want 200", got.status, got.body)
		}
		if got := c.as(k.Key, "GET", "/v1/databases", ""); got.status != 401 {
			t.Errorf("list with a key that was revoked = %d; want 401", got.status)
		}
		if got := c.as(outside, "DELETE", "/v1/keys/"+k.ID, ""); got.status != 404 {
			t.Errorf("revoke once more = %d %s; want 404", got.status, got.body)
		}
	})
}

func TestKeyDoesNotRevokeItself(t *testing.T) {
	c, _ := keyed(t)
	k := c.makeKey(t, `{"scopes":["admin"]}`)
	if got := c.as(k.Key, "DELETE", "/v1/keys/"+k.ID, ""); got.status != 409 {
		t.Errorf("revoke the key of the request = %d %s; want 409", got.status, got.body)
	}
}

func TestBadKeysAreNotMade(t *testing.T) {
	c, ring := keyed(t)
	for name, body := range map[string]string{
		"no scopes":          `{"name":"x"}`,
		"an empty list":      `{"scopes":[]}`,
		"an unknown scope":   `{"scopes":["root"]}`,
		"no database":        `{"scopes":["read"],"databases":[]}`,
		"a bad pattern":      `{"scopes":["read"],"databases":["a/b"]}`,
		"an end in the past": `{"scopes":["read"],"expires_at":"2020-01-01T00:00:00Z"}`,
		"no moment":          `{"scopes":["read"],"expires_at":"tomorrow"}`,
		"a long name":        `{"scopes":["read"],"name":"` + strings.Repeat("x", 129) + `"}`,
		"a control":          `{"scopes":["read"],"name":"a\u0007"}`,
		"an unknown field":   `{"scopes":["read"],"key":"mine"}`,
		"no object":          `[]`,
	} {
		if got := c.as(outside, "POST", "/v1/keys", body); got.status != 400 {
			t.Errorf("%s: %d %s; want 400", name, got.status, got.body)
		}
	}
	if list, err := ring.Keys(); len(list) != 0 || err != nil {
		t.Errorf("the file has %v, %v; want no key", list, err)
	}
}

// TestFirstKeyIsMadeOnTheMachine: a page or a program on a machine with an open server must
// not be able to shut everybody else out.
func TestFirstKeyIsMadeOnTheMachine(t *testing.T) {
	svc, dir := newService(t)
	ring, err := keyfile.Open(keyfile.Source{Path: filepath.Join(dir, "keys"), Optional: true})
	if err != nil {
		t.Fatal(err)
	}
	c := client{t: t, handler: newHandler(svc, options{Keys: ring, Book: ring})}
	c.want("GET", "/v1/key", "", 200, `{"required":false,"id":null,"scopes":["admin"],"databases":["*"]}`)
	c.want("GET", "/v1/keys", "", 200, `{"required":false,"keys":[]}`)
	if got := c.do("POST", "/v1/keys", `{"scopes":["read"]}`); got.status != 409 {
		t.Errorf("the first key = %d %s; want 409", got.status, got.body)
	}
	if got := c.do("DELETE", "/v1/keys/abcdefgh", ""); got.status != 404 {
		t.Errorf("revoke = %d %s; want 404", got.status, got.body)
	}
	if ring.Required() {
		t.Error("the server asks for keys now")
	}
	none := newClient(t, options{})
	if got := none.do("POST", "/v1/keys", `{"scopes":["read"]}`); got.status != 409 {
		t.Errorf("a key of a server that knows none = %d %s; want 409", got.status, got.body)
	}
}
