package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// document is as much of the contract as the tests look at.
type document struct {
	OpenAPI string                                `json:"openapi"`
	Paths   map[string]map[string]json.RawMessage `json:"paths"`

	Components struct {
		Schemas struct {
			Error struct {
				Properties struct {
					Code struct {
						Enum []string `json:"enum"`
					} `json:"code"`
				} `json:"properties"`
			}
		} `json:"schemas"`
	} `json:"components"`
}

var methods = []string{"get", "put", "post", "delete", "patch", "head", "options"}

func readContract(t *testing.T, c client) (doc document) {
	t.Helper()
	got := c.do("GET", "/openapi.json", "")
	if err := json.Unmarshal([]byte(got.body), &doc); err != nil || got.status != 200 {
		t.Fatal(got.status, err)
	}
	return doc
}

func TestContractIsValid(t *testing.T) {
	v, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	if ok, errs := v.ValidateDocument(); !ok {
		for _, e := range errs {
			t.Errorf("%s: %s", e.Message, e.Reason)
		}
	}
}

func TestRoutesAndContractAgree(t *testing.T) {
	svc, _ := newService(t)
	h := newHandler(svc, options{})
	doc := readContract(t, client{t: t, handler: h})
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Errorf("openapi = %s; want 3.1", doc.OpenAPI)
	}
	var described []string
	for path, item := range doc.Paths {
		for key := range item {
			if slices.Contains(methods, key) {
				described = append(described, strings.ToUpper(key)+" "+path)
			}
		}
	}
	var routes []string
	for _, r := range h.Routes() {
		routes = append(routes, r.Method+" "+r.Path)
	}
	slices.Sort(routes)
	slices.Sort(described)
	if diff := cmp.Diff(described, routes); diff != "" {
		t.Errorf("routes (-contract +router):\n%s", diff)
	}
	codes := web.Codes()
	slices.Sort(codes)
	inContract := doc.Components.Schemas.Error.Properties.Code.Enum
	slices.Sort(inContract)
	if diff := cmp.Diff(inContract, codes); diff != "" {
		t.Errorf("codes of errors (-contract +handler):\n%s", diff)
	}
}

// TestContractNamesOtherSurfaces has whoever reads it find what is served beside it.
func TestContractNamesOtherSurfaces(t *testing.T) {
	if !strings.Contains(string(httpapi.OpenAPI()), "POST /mcp") {
		t.Error("the contract does not name POST /mcp")
	}
}

// checkRequest holds a request against the contract.
func (c client) checkRequest(method, path, body string) {
	c.t.Helper()
	v, err := contract()
	if err != nil {
		c.t.Fatal(err)
	}
	req := request(method, path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	if ok, errs := v.ValidateHttpRequest(req); !ok {
		for _, e := range errs {
			c.t.Errorf("%s %s %s: %s: %s", method, path, body, e.Message, e.Reason)
		}
	}
}

// TestContractNotices makes sure that the checks of this package can fail.
func TestContractNotices(t *testing.T) {
	v, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]struct {
		status int
		body   string
	}{
		"a field too many": {200, `{"inserted_ids":[1],"more":1}`},
		"a field missing":  {200, `{}`},
		"a wrong type":     {200, `{"inserted_ids":["1"]}`},
		"an unknown code":  {400, `{"error":"x","code":"y","request_id":"z"}`},
		"a status unknown": {418, `{"error":"x","code":"internal","request_id":"z"}`},
	} {
		rec := httptest.NewRecorder()
		rec.Header().Set("Content-Type", "application/json")
		rec.WriteHeader(r.status)
		_, _ = rec.WriteString(r.body)
		if ok, _ := v.ValidateHttpResponse(request(http.MethodPost, "/v1/insert", nil), rec.Result()); ok {
			t.Errorf("%s (%d %s) passes for an answer to an insert", name, r.status, r.body)
		}
	}
}

func TestService(t *testing.T) {
	var notReady error
	c := newClient(t, options{
		Version: httpapi.Version{
			Version: "1.2.3", Commit: "abc", Engines: []string{"flat", "hnsw"},
			SQLite: httpapi.SQLite{Driver: "d", Version: "3"}, SIMD: "avx2", Embedders: []string{"openai", "static"}, Capabilities: []string{"exact"},
		},
		Ready: func(context.Context) error { return notReady },
	})
	c.want("GET", "/healthz", "", 200, `{"status":"ok"}`)
	c.want("GET", "/readyz", "", 200, `{"status":"ready","simd":"avx2","full_text":false}`)
	c.want("GET", "/version", "", 200, `{"version":"1.2.3","commit":"abc","engines":["flat","hnsw"],"sqlite":{"driver":"d","version":"3","full_text":false},"simd":"avx2","embedders":["openai","static"],"capabilities":["exact"]}`)
	notReady = errors.New("index is loading")
	c.wantError("GET", "/readyz", "", 503, "unavailable", "not ready: index is loading")
	notReady = domain.ErrClosed
	c.wantError("GET", "/readyz", "", 503, "shutting_down", "memista is shutting down: try again in a moment")
	newClient(t, options{}).want("GET", "/version", "", 200, `{"version":"","commit":"","engines":[],"sqlite":{"driver":"","version":"","full_text":false},"simd":"","embedders":[],"capabilities":[]}`)
}
