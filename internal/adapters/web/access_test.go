package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
)

func TestHowAKeyIsSent(t *testing.T) {
	h := shelves(web.Options{Keys: keys})
	for _, tt := range []struct {
		name   string
		header http.Header
		want   int
	}{
		{"bearer", http.Header{"Authorization": {"Bearer read"}}, 200},
		{"bearer in lower case, with spaces", http.Header{"Authorization": {"bearer   read "}}, 200},
		{"api-key", http.Header{"Api-Key": {"read"}}, 200},
		{"api-key beside another scheme", http.Header{"Authorization": {"Basic eDp5"}, "Api-Key": {"read"}}, 200},
		{"nothing", http.Header{}, 401},
		{"another scheme", http.Header{"Authorization": {"Basic cmVhZA=="}}, 401},
		{"a scheme without a key", http.Header{"Authorization": {"Bearer "}}, 401},
		{"no scheme", http.Header{"Authorization": {"read"}}, 401},
		{"an empty api-key", http.Header{"Api-Key": {""}}, 401},
		{"two of one kind", http.Header{"Api-Key": {"read", "read"}}, 401},
		{"two bearers", http.Header{"Authorization": {"Bearer read", "Bearer read"}}, 401},
		{"a bad one beside a good one", http.Header{"Authorization": {"Bearer wrong"}, "Api-Key": {"read"}}, 401},
		{"in the query", nil, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := "/shelf"
			if tt.header == nil {
				path += "?api-key=read"
			}
			req := request(http.MethodGet, path, nil)
			req.Header = tt.header
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, req)
			if rec.Code != tt.want {
				t.Errorf("%v = %d %s; want %d", tt.header, rec.Code, rec.Body, tt.want)
			}
			if (rec.Code == 401) != (rec.Header().Get("WWW-Authenticate") != "") {
				t.Errorf("WWW-Authenticate = %q with %d", rec.Header().Get("WWW-Authenticate"), rec.Code)
			}
		})
	}
}

// A rule that does not fit its route must stop the program when it starts.
func TestRulesThatDoNotFit(t *testing.T) {
	for path, rule := range map[string]web.Rule{
		"/bad1": {}, "/bad2": web.Reader(0), "/bad3": web.Reader(web.InPath), "/bad4/:id": web.Reader(web.Nowhere),
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("the rule %+v of %s was accepted", rule, path)
				}
			}()
			web.New(web.Options{}).Surface(web.SurfaceOptions{}).Handle(http.MethodGet, path, rule, func(*web.Call) error { return nil })
		}()
	}
}
