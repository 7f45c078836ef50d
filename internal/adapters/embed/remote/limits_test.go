package remote_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/fingerprint"
	"github.com/memista/memista/internal/ports"
)

// atMost answers as a provider that takes so many texts, of so many bytes.
func atMost(s *remotetest.Server, texts, size, status int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var in struct{ Texts []string }
		_ = json.Unmarshal(body, &in)
		if len(in.Texts) > texts || slices.ContainsFunc(in.Texts, func(t string) bool { return len(t) > size }) {
			providertest.Say(status, message)(w, r)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.Embed(w, r)
	}
}

// refusals are what providers say of too much.
var refusals = []struct {
	provider string
	status   int
	message  string
}{
	{"OpenAI, a long text", 400, "This model's maximum context length is 8192 tokens, however you requested 9000 tokens (9000 in your prompt; 0 for the completion). Please reduce your prompt; or completion length."},
	{"OpenAI, a long text since", 400, "Invalid 'input[3]': maximum input length is 8192 tokens."},
	{"OpenAI, many tokens", 400, "Invalid 'input': maximum request size is 300000 tokens per request. Requested 350000 tokens, max 300000 tokens per request"},
	{"OpenAI, many texts", 400, "Invalid 'input': array too long. Expected an array with maximum length 2048, but got an array with length 2049 instead."},
	{"TEI, a long text", 413, "Input validation error: `inputs` must have less than 512 tokens. Given: 600"},
	{"TEI, many texts", 422, "batch size 33 > maximum allowed batch size 32"},
	{"llama.cpp, a long text", 500, "input (992 tokens) is too large to process. increase the physical batch size (current batch size: 512)"},
	{"Ollama, a long text", 400, "the input length exceeds the context length"},
	{"DashScope, many texts", 400, "Value error, batch size is invalid, it should not be larger than 10.: input.contents"},
	{"a proxy", 413, ""},
}

func TestTooMuchIsHalved(t *testing.T) {
	texts := make([]string, 30)
	for i := range texts {
		texts[i] = "text number " + strconv.Itoa(i)
	}
	texts[11] = strings.Repeat("a long one über alles ", 100)
	for _, c := range refusals {
		t.Run(c.provider, func(t *testing.T) {
			s := newServer(t)
			s.Always(atMost(s, 10, 200, c.status, c.message))
			o := options(s)
			o.Tries = 1
			e := open(t, o)
			got, err := e.Embed(t.Context(), texts, ports.PurposeDocument)
			if err != nil {
				t.Fatalf("Embed = %v; want nil", err)
			}
			for i, text := range texts {
				if i == 11 {
					text = longestHalf(text, 200)
				}
				want, err := s.Memory.Embed(t.Context(), []string{text}, ports.PurposeDocument)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got[i], want[0]) {
					t.Errorf("text %d has another embedding than %q", i, text)
				}
			}
			if n := len(s.Requests()); n > 20 {
				t.Errorf("%d requests; want at most 20", n)
			}
		})
	}
}

// longestHalf halves text until it has at most most bytes.
func longestHalf(text string, most int) string {
	for len(text) > most {
		n := len(text) / 2
		for !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n]
	}
	return text
}

func TestTooMuchIsRefused(t *testing.T) {
	s := newServer(t)
	s.Always(atMost(s, 10, 200, 400, "the input length exceeds the context length"))
	o := options(s)
	o.Limits.Refuse = true
	_, err := open(t, o).Embed(t.Context(), []string{"a", "b", "c", strings.Repeat("long ", 100), "e"}, ports.PurposeDocument)
	if !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "texts[3]") || !strings.Contains(err.Error(), "context length") {
		t.Errorf("Embed = %v; want ErrInvalid about texts[3] with the reason", err)
	}
}

func TestTooMuchEnds(t *testing.T) {
	s := newServer(t)
	s.Always(atMost(s, 10, 0, 400, "the input length exceeds the context length"))
	_, err := open(t, options(s)).Embed(t.Context(), slices.Repeat([]string{strings.Repeat("long ", 1000)}, 16), ports.PurposeDocument)
	failure(t, err, domain.ErrEmbedder)
	if n := len(s.Requests()); n > 20 {
		t.Errorf("%d requests to learn that nothing is short enough; want at most 20", n)
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	s := newServer(t)
	var mu sync.Mutex
	now, most := 0, 0
	full, free := make(chan struct{}, 100), make(chan struct{})
	s.Always(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		full <- struct{}{}
		<-free
		s.Embed(w, r)
		mu.Lock()
		now--
		mu.Unlock()
	})
	o := options(s)
	o.Concurrency, o.Limits.Texts = 3, 1
	e := open(t, o)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, err := e.Embed(t.Context(), slices.Repeat([]string{"a text"}, 10), ports.PurposeDocument); err != nil {
				t.Errorf("Embed = %v; want nil", err)
			}
		})
	}
	for range 3 {
		<-full
	}
	close(free)
	wg.Wait()
	if most != 3 {
		t.Errorf("%d calls at once; want 3", most)
	}
	if n := len(s.Requests()); n != 20 {
		t.Errorf("%d requests; want 20", n)
	}
}

func TestPrefixes(t *testing.T) {
	s := newServer(t)
	o := options(s)
	o.QueryPrefix, o.DocumentPrefix, o.Limits.TextTokens = "query: ", "passage: ", 12
	e := open(t, o)
	for _, p := range []ports.Purpose{ports.PurposeQuery, ports.PurposeDocument} {
		if _, err := e.Embed(t.Context(), []string{"short", "it is long " + strings.Repeat("and longer ", 20)}, p); err != nil {
			t.Fatal(err)
		}
	}
	want := [][]string{{"query: short", "query: it is long and lon"}, {"passage: short", "passage: it is long an"}}
	got := s.Memory.Calls()
	for i := range want {
		if len(got) != 2 || got[i][0] != want[i][0] || !strings.HasPrefix(got[i][1], want[i][1]) || provider.EstimateTokens(got[i][1]) > 12 {
			t.Fatalf("what is sent is %q; want what begins so: %q", got, want)
		}
	}
	plainModel, err := open(t, options(s)).Model(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m, err := e.Model(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if fingerprint.Same(m.Fingerprint, plainModel.Fingerprint) {
		t.Error("a prefix of documents does not change the fingerprint")
	}
}

func TestCutLeavesSomething(t *testing.T) {
	s := newServer(t)
	o := options(s)
	o.Limits.TextTokens = 8
	_, err := open(t, o).Embed(t.Context(), []string{"a", strings.Repeat("\n", 100) + "text"}, ports.PurposeDocument)
	if !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "texts[1]") {
		t.Errorf("Embed of a text that begins with much white space = %v; want ErrInvalid about texts[1]", err)
	}
}

// TestCutsAreAsLongAsTheyMayBe looks at what is sent of random texts.
func TestCutsAreAsLongAsTheyMayBe(t *testing.T) {
	const seed = 20261130
	r := rand.New(rand.NewPCG(seed, 1))
	alphabet := []rune("ab cd12.\nßé道は🙂\u0301")
	s := newServer(t)
	o := options(s)
	o.Limits.TextTokens = 20
	e := open(t, o)
	for range 100 {
		runes := make([]rune, 1+r.IntN(100))
		for i := range runes {
			runes[i] = alphabet[r.IntN(len(alphabet))]
		}
		text := "x" + string(runes)
		if _, err := e.Embed(t.Context(), []string{text}, ports.PurposeDocument); err != nil {
			t.Fatalf("seed %d: Embed(%q) = %v", seed, text, err)
		}
		sent := s.Memory.Calls()[0][0]
		if !strings.HasPrefix(text, sent) || !utf8.ValidString(sent) || provider.EstimateTokens(sent) > 20 {
			t.Errorf("seed %d: of %q is sent %q, %d tokens; want a beginning of at most 20", seed, text, sent, provider.EstimateTokens(sent))
		}
		if sent != text {
			_, n := utf8.DecodeRuneInString(text[len(sent):])
			if more := text[:len(sent)+n]; provider.EstimateTokens(more) <= 20 {
				t.Errorf("seed %d: of %q is sent %q; want another character", seed, text, sent)
			}
		}
	}
}

func TestLargeTextsAreNotOneRequest(t *testing.T) {
	s := newServer(t)
	s.Always(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 10<<20 {
			t.Errorf("a request has %d bytes; want at most 10 MB", r.ContentLength)
		}
		providertest.Say(400, "seen enough")(w, r)
	})
	o := options(s)
	_, err := open(t, o).Embed(t.Context(), slices.Repeat([]string{strings.Repeat("large ", 1<<18)}, 20), ports.PurposeDocument)
	failure(t, err, domain.ErrEmbedder)
}
