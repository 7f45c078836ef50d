package web_test

import (
	"net/http"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/memista/memista/internal/adapters/keyfile"
	"github.com/memista/memista/internal/adapters/web"
)

// BenchmarkAuthorize is all that is done about a key in a request to a database, with a
// hundred keys in the file.
func BenchmarkAuthorize(b *testing.B) {
	path := filepath.Join(b.TempDir(), "keys")
	var key string
	for i := range 100 {
		var err error
		key, _, err = keyfile.Create(path, keyfile.Request{Name: strconv.Itoa(i), Scopes: []string{"read", "write"}, Databases: []string{"other-*", "team-a-*"}})
		if err != nil {
			b.Fatal(err)
		}
	}
	ring, err := keyfile.Open(keyfile.Source{Path: path})
	if err != nil {
		b.Fatal(err)
	}
	h := web.New(web.Options{Keys: ring})
	for name, sent := range map[string]string{"good key": key, "wrong key": "memista_aaaaaaaa_" + key[17:]} {
		b.Run(name, func(b *testing.B) {
			req := request(http.MethodGet, "/v1/databases/team-a-docs", nil)
			req.Header.Set("Authorization", "Bearer "+sent)
			authorize := h.Authorizer(req, "team-a-docs")
			b.ReportAllocs()
			for b.Loop() {
				if ok := authorize() == nil; ok != (sent == key) {
					b.Fatal(ok)
				}
			}
		})
	}
}
