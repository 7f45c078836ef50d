package openai_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/embed/openai"
	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func embed(t *testing.T, e *openai.Embedder, texts ...string) ([][]float32, error) {
	t.Helper()
	return e.Embed(t.Context(), texts, ports.PurposeDocument)
}

func TestRequest(t *testing.T) {
	for name, c := range map[string]struct {
		dims int
		want string
	}{
		"plain":     {0, `{"model":"words","input":["a","b"],"encoding_format":"base64"}`},
		"with dims": {24, `{"model":"words","input":["a","b"],"encoding_format":"base64","dimensions":24}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, reversed)
			o := options(s)
			o.Dims = c.dims
			if _, err := embed(t, open(t, o), "a", "b"); err != nil {
				t.Fatal(err)
			}
			r := s.Requests()[0]
			if got := string(r.Body); got != c.want {
				t.Errorf("the body is %s; want %s", got, c.want)
			}
			if r.Header.Get("Authorization") != "Bearer "+key || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("the headers are %v", r.Header)
			}
		})
	}
	t.Run("without a key", func(t *testing.T) {
		s := newServer(t, reversed)
		o := options(s)
		o.Key = domain.Secret{}
		if _, err := embed(t, open(t, o), "a"); err != nil {
			t.Fatal(err)
		}
		if a, ok := s.Requests()[0].Header["Authorization"]; ok {
			t.Errorf("Authorization is %q; want none", a)
		}
	})
}

func TestAddresses(t *testing.T) {
	s := newServer(t, reversed)
	for _, address := range []string{"/v1", "/v1/", "/v1/embeddings", "/v1/embeddings/", "/v1?api-version=preview"} {
		o := options(s)
		o.URL = s.URL + address
		if _, err := embed(t, open(t, o), "a"); err != nil {
			t.Errorf("Embed at %s = %v; want nil", address, err)
		}
	}
	if _, err := openai.New(openai.Options{}); !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "openai/") {
		t.Errorf("New without a model = %v; want ErrInvalid", err)
	}
}

// onlyWithout refuses encoding_format.
func onlyWithout(s *remotetest.Server, status int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var b body
		raw := readBody(r)
		if json.Unmarshal(raw, &b); b.Encoding != "" {
			providertest.Say(status, message)(w, r)
			return
		}
		s.Embed(w, r)
	}
}

func TestServersThatMindBase64(t *testing.T) {
	for _, c := range []struct {
		status  int
		message string
	}{
		{400, "Unrecognized request argument supplied: encoding_format"},
		{422, "base64 encoding is not supported"},
	} {
		s := newServer(t, onlyNumbers)
		s.Always(onlyWithout(s, c.status, c.message))
		e := open(t, options(s))
		for range 3 {
			if _, err := embed(t, e, "a"); err != nil {
				t.Fatalf("Embed = %v; want nil", err)
			}
		}
		if n := len(s.Requests()); n != 4 {
			t.Errorf("%d requests for 3 texts; want 4: the first is refused once", n)
		}
	}
	s := newServer(t, onlyNumbers)
	s.Always(providertest.Say(400, "encoding_format is wrong"))
	if _, err := embed(t, open(t, options(s)), "a"); !errors.Is(err, domain.ErrEmbedder) {
		t.Errorf("Embed = %v; want ErrEmbedder", err)
	}
	if n := len(s.Requests()); n != 2 {
		t.Errorf("%d requests to a server that minds whatever is sent; want 2", n)
	}
}

func TestOrderOfAnswers(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		want         [][]float32
		say          string
	}{
		{"by index", `{"data":[{"index":2,"embedding":[3]},{"index":0,"embedding":[1]},{"index":1,"embedding":[2]}]}`, [][]float32{{1}, {2}, {3}}, ""},
		{"without an index", `{"data":[{"embedding":[1]},{"embedding":[2]},{"embedding":[3]}]}`, [][]float32{{1}, {2}, {3}}, ""},
		{"with null for an index", `{"data":[{"index":null,"embedding":[1]},{"index":null,"embedding":[2]},{"embedding":[3]}]}`, [][]float32{{1}, {2}, {3}}, ""},
		{"both forms", `{"data":[{"index":0,"embedding":"AACAPw=="},{"index":1,"embedding":[2]},{"index":2,"embedding":[3]}]}`, [][]float32{{1}, {2}, {3}}, ""},
		{"one twice", `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]},{"index":1,"embedding":[3]}]}`, nil, "index 0 twice"},
		{"beyond the end", `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]},{"index":3,"embedding":[3]}]}`, nil, "index 3 for one of 3"},
		{"before the beginning", `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]},{"index":-1,"embedding":[3]}]}`, nil, "index -1"},
		{"only some", `{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]},{"embedding":[3]}]}`, nil, "none for others"},
		{"one is missing", `{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[3]}]}`, nil, "2 embeddings for 3 texts"},
		{"one has nothing", `{"data":[{"index":0,"embedding":[1]},{"index":1},{"index":2,"embedding":[3]}]}`, nil, "no components in embedding 1"},
		{"as llama.cpp has it without /v1", `[{"index":0,"embedding":[[1]]}]`, nil, "array where"},
		{"an index that is no number", `{"data":[{"index":"0","embedding":[1]}]}`, nil, "string where"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, reversed)
			s.Always(providertest.Body(200, "application/json", c.answer))
			got, err := embed(t, open(t, options(s)), "a", "b", "c")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("Embed differs (-want +got):\n%s", diff)
			}
			if c.say != "" && (!errors.Is(err, domain.ErrEmbedder) || !strings.Contains(err.Error(), c.say)) {
				t.Errorf("Embed = %v; want ErrEmbedder that says %q", err, c.say)
			}
		})
	}
}

func TestHints(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply http.HandlerFunc
		dims  int
		say   string
	}{
		{"a wrong key", providertest.Say(401, "Incorrect API key provided: sk-te***mnop."), 0, "Incorrect API key provided: [key] (is the key right"},
		{"a wrong address", http.NotFound, 0, "Most end in /v1"},
		{"a wrong model", providertest.Body(404, "application/json", `{"error":{"message":"The model x does not exist","code":"model_not_found"}}`), 0, "is the model right?"},
		{"no credit", providertest.Body(429, "application/json", `{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}`), 0, "no credit left"},
		{"dims that the model does not have", providertest.Say(400, "This model does not support specifying dimensions."), 24, "leave dims out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, reversed)
			s.Always(c.reply)
			o := options(s)
			o.Dims = c.dims
			if _, err := embed(t, open(t, o), "a"); !errors.Is(err, domain.ErrEmbedder) || !strings.Contains(err.Error(), c.say) {
				t.Errorf("Embed = %v; want ErrEmbedder that says %q", err, c.say)
			}
		})
	}
}

// TestErrorsInAllForms has the bodies of errors that servers send.
func TestErrorsInAllForms(t *testing.T) {
	for _, answer := range []string{
		`{"error":{"message":"the cause","type":"invalid_request_error","param":null,"code":null}}`,
		`{"error":"the cause","error_type":"Validation"}`,
		`{"object":"error","message":"the cause","type":"BadRequestError","param":null,"code":400}`,
		`{"detail":"the cause"}`,
		`{"error":{"code":400,"message":"the cause","type":"exceed_context_size_error","n_ctx":512}}`,
		`the cause`,
	} {
		s := newServer(t, reversed)
		s.Always(providertest.Body(400, "application/json", answer))
		if _, err := embed(t, open(t, options(s)), "a"); err == nil || !strings.HasSuffix(err.Error(), "400 Bad Request: the cause") {
			t.Errorf("Embed = %v of %s; want the cause", err, answer)
		}
	}
}

func TestDefaultLimits(t *testing.T) {
	s := newServer(t, reversed)
	o := options(s)
	o.Limits = openai.DefaultLimits()
	e := open(t, o)
	texts := slices.Repeat([]string{strings.Repeat("word ", 10_000)}, 33)
	if _, err := embed(t, e, texts...); err != nil {
		t.Fatal(err)
	}
	calls := s.Memory.Calls()
	if len(calls) != 2 || len(calls[0])+len(calls[1]) != 33 {
		t.Errorf("33 texts take %d calls; want 2", len(calls))
	}
	if n := provider.EstimateTokens(calls[0][0]); n != 8191 {
		t.Errorf("%d tokens are sent of a text of 10,000; want 8191", n)
	}
}
