package remote_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/remote"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func TestAnswersAreChecked(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer string
		say    string
	}{
		{"nothing", "", "answered nothing"},
		{"white space", " \n ", "answered nothing"},
		{"HTML", "\n<!DOCTYPE html><html>welcome", "HTML instead of JSON"},
		{"half an answer", `{"vectors":[[1,2`, "no JSON"},
		{"text", `hello`, "no JSON"},
		{"null", `null`, "0 embeddings for 2 texts"},
		{"another shape", `[1,2]`, "array where"},
		{"no embeddings", `{}`, "0 embeddings for 2 texts"},
		{"too few", `{"vectors":[[1,2]]}`, "1 embeddings for 2 texts"},
		{"too many", `{"vectors":[[1,2],[3,4],[5,6]]}`, "3 embeddings for 2 texts"},
		{"no components", `{"vectors":[[],[]]}`, "no components in embedding 0"},
		{"different dims", `{"vectors":[[1,2],[3]]}`, "1 components in embedding 1, and 2 in the first"},
		{"null for NaN", `{"vectors":[[1,2],[3,null]]}`, `"null" where a number must be`},
		{"an embedding that is null", `{"vectors":[[1,2],null]}`, "neither numbers nor base64"},
		{"zeros", `{"vectors":[[1,2],[0,0]]}`, "embedding 1 has length zero"},
		{"NaN", `{"vectors":[[1,2],[3,NaN]]}`, "no JSON"},
		{"NaN in base64", `{"vectors":["AADAfw==","AACAPw=="]}`, "NaN as component 0 of embedding 0"},
		{"infinity in base64", `{"vectors":["AACAPw==","AACAfw=="]}`, "+Inf as component 0 of embedding 1"},
		{"a number that is too large", `{"vectors":[[1,2],[3,1e39]]}`, "1e39"},
		{"text for a number", `{"vectors":[[1,2],[3,"4"]]}`, "where a number must be"},
		{"lists in lists", `{"vectors":[[[1,2]],[[3,4]]]}`, "where a number must be"},
		{"text that is no base64", `{"vectors":["!!!!","AACAPw=="]}`, "neither numbers nor base64"},
		{"base64 of 5 bytes", `{"vectors":["AACAPwA=","AACAPw=="]}`, "base64 of 5 bytes"},
		{"an error with 200", `{"error":{"message":"out of memory"}}`, "an error: out of memory"},
		{"an error in two words", `{"error":"out of memory"}`, "an error: out of memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			s.Always(providertest.Body(200, "application/json", c.answer))
			_, err := open(t, options(s)).Embed(t.Context(), []string{"one", "two"}, ports.PurposeDocument)
			if e := failure(t, err, domain.ErrEmbedder); !strings.Contains(e.Message, c.say) {
				t.Errorf("the message is %q; want %q", e.Message, c.say)
			}
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests; want 1", n)
			}
		})
	}
}

func TestHugeAnswers(t *testing.T) {
	endless := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"vectors":[[1`))
		chunk := []byte(strings.Repeat(",1", 32<<10))
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	s := newServer(t)
	s.Always(endless)
	o := options(s)
	o.AnswerBytes = 1 << 20
	e := failure(t, embed(t, open(t, o)), domain.ErrEmbedder)
	if !strings.Contains(e.Message, "more than 1048576 bytes") {
		t.Errorf("the message is %q; want that the answer is too large", e.Message)
	}
	o.AnswerBytes, o.Dims = 0, 10 // then about a megabyte
	failure(t, embed(t, open(t, o)), domain.ErrEmbedder)
	s.Always(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		endless(w, r)
	})
	o.Tries = 1
	if e := failure(t, embed(t, open(t, o)), domain.ErrEmbedder); len(e.Message) > 2000 {
		t.Errorf("the message has %d bytes", len(e.Message))
	}
}

func TestVectors(t *testing.T) {
	want := remote.Vector{1, -2.5, 0}
	for _, form := range []string{
		`[1,-2.5,0]`, " [ 1 ,\n-2.5e0\t, 0.0 ] ", `[1.0000000000000000001,-25E-1,-0]`, `"AACAPwAAIMAAAAAA"`, `"AACAPwAAIM\u0041AAAAA"`,
	} {
		var got remote.Vector
		if err := json.Unmarshal([]byte(form), &got); err != nil || !slices.Equal(got, want) {
			t.Errorf("Unmarshal(%s) = %v, %v; want %v", form, got, err, want)
		}
	}
	var slash remote.Vector // 0xbf7fffff is "//9/vw==", and some write a slash as \/
	if err := json.Unmarshal([]byte(`"\/\/9\/vw=="`), &slash); err != nil || len(slash) != 1 || slash[0] > -0.99 {
		t.Errorf("Unmarshal of escaped base64 = %v, %v", slash, err)
	}
}

func TestDimsStay(t *testing.T) {
	s := newServer(t)
	s.Reply(providertest.Body(200, "application/json", `{"vectors":[[1,2]]}`), providertest.Body(200, "application/json", `{"vectors":[[1,2,3]]}`))
	e := open(t, options(s))
	if err := embed(t, e); err != nil {
		t.Fatal(err)
	}
	if f := failure(t, embed(t, e), domain.ErrEmbedder); !strings.Contains(f.Message, "3 components instead of 2") {
		t.Errorf("the message is %q; want that the dims have changed", f.Message)
	}
	o := options(s)
	o.Dims = 512
	if f := failure(t, embed(t, open(t, o)), domain.ErrEmbedder); !strings.Contains(f.Message, "instead of 512") {
		t.Errorf("the message is %q; want that 512 were asked for", f.Message)
	}
}

func TestModelIsAskedOnce(t *testing.T) {
	s := newServer(t)
	o := options(s)
	o.Tries = 1
	s.Reply(providertest.Say(500, "not yet"))
	e := open(t, o)
	if m, err := e.Model(t.Context()); !errors.Is(err, domain.ErrEmbedder) {
		t.Fatalf("Model = %+v, %v; want ErrEmbedder", m, err)
	}
	s.Requests()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := e.Model(t.Context()); err != nil {
				t.Errorf("Model = %v; want nil once the provider is back", err)
			}
		})
	}
	wg.Wait()
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests for 8 who ask for the model; want 1", n)
	}
}

func TestModelTellsLengths(t *testing.T) {
	for answer, want := range map[string]bool{
		`{"vectors":[[1,0],[0.6,0.8],[0,-1]]}`: true, `{"vectors":[[1,0],[0.6,0.8001],[0,-1]]}`: true,
		`{"vectors":[[1,0],[0.6,0.81],[0,-1]]}`: false, `{"vectors":[[0.5,0],[1,0],[1,0]]}`: false, `{"vectors":[[2,0],[2,0],[2,0]]}`: false,
	} {
		s := newServer(t)
		s.Always(providertest.Body(200, "application/json", answer))
		m, err := open(t, options(s)).Model(t.Context())
		if err != nil || m.Normalised != want || m.Dims != 2 {
			t.Errorf("Model of %s = %+v, %v; want Normalised %t", answer, m, err, want)
		}
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	for name, spoil := range map[string]func(*remote.Options){
		"no model":           func(o *remote.Options) { o.Model = "" },
		"no address":         func(o *remote.Options) { o.URL = "" },
		"no scheme":          func(o *remote.Options) { o.URL = "localhost:8080/v1" },
		"another scheme":     func(o *remote.Options) { o.URL = "ftp://localhost/v1" },
		"no host":            func(o *remote.Options) { o.URL = "http:///v1" },
		"a password":         func(o *remote.Options) { o.URL = "http://a:b@localhost/v1" },
		"negative dims":      func(o *remote.Options) { o.Dims = -1 },
		"too many dims":      func(o *remote.Options) { o.Dims = domain.MaxDims + 1 },
		"a negative limit":   func(o *remote.Options) { o.Limits.Tokens = -1 },
		"a negative time":    func(o *remote.Options) { o.Timeout = -1 },
		"a key of two words": func(o *remote.Options) { o.Key = domain.NewSecret("a b") },
		"a long prefix":      func(o *remote.Options) { o.Limits.TextTokens, o.QueryPrefix = 4, "query: " },
		"no room for text":   func(o *remote.Options) { o.Limits.TextTokens = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			o := options(newServer(t))
			spoil(&o)
			if _, err := remote.New(o, plain{}); !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "plain/") {
				t.Errorf("New = %v; want ErrInvalid that names the embedder", err)
			}
		})
	}
}
