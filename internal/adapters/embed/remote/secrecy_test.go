package remote_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/embed/remote"
	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/domain"
)

// shows reports whether text has eight characters of the key in a row.
func shows(text string) bool {
	for i := range len(key) - 7 {
		if strings.Contains(text, key[i:i+8]) {
			return true
		}
	}
	for _, form := range []string{url.QueryEscape(key), base64.StdEncoding.EncodeToString([]byte(key))} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func TestKeyInAnswers(t *testing.T) {
	long := strings.Repeat("long ", 56) // so that shortening would cut the key
	for name, reply := range map[string]http.HandlerFunc{
		"the whole key":              providertest.Say(401, "Incorrect API key provided: "+key+". You can find your key in the console."),
		"the key in the middle":      providertest.Say(401, long+"x"+key+"y"),
		"a part of the key":          providertest.Say(401, "the key "+key[3:20]+"… is wrong"),
		"the key with its scheme":    providertest.Say(403, "no: Authorization: Bearer "+key),
		"the key escaped":            providertest.Say(401, "?key="+url.QueryEscape(key)),
		"the key as base64":          providertest.Say(401, base64.StdEncoding.EncodeToString([]byte(key))),
		"the key in plain text":      providertest.Body(500, "text/plain", "key="+key),
		"the key in a long body":     providertest.Body(400, "text/plain", strings.Repeat("x", 64<<10-20)+key),
		"the key as a code":          providertest.Body(400, "application/json", `{"error":{"message":"no","code":"`+key+`"}}`),
		"the key in another form":    providertest.Body(422, "application/json", `{"detail":[{"loc":["header"],"input":"`+key+`"}]}`),
		"the key in an answer":       providertest.Body(200, "application/json", `{"vectors":[["`+key+`"]]}`),
		"the key instead of JSON":    providertest.Body(200, "application/json", key),
		"the key in an error of 200": providertest.Body(200, "application/json", `{"error":"`+key+`"}`),
		"the key in a redirect":      redirect(302, "http://"+url.QueryEscape(key)+"@127.0.0.1:1/?"+url.QueryEscape(key)),
		"the key busy":               providertest.Say(429, key),
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.Always(reply)
			e := failure(t, embed(t, open(t, options(s))), domain.ErrEmbedder)
			for _, text := range []string{e.Error(), e.Message, fmt.Sprintf("%+v %#v", e, e), fmt.Sprint(errors.Unwrap(e))} {
				if shows(text) {
					t.Errorf("the error shows the key: %s", text)
				}
				if len([]rune(e.Message)) > 500 || strings.ContainsAny(e.Message, "\n\r\x00") {
					t.Errorf("the message is %q; want one short line", e.Message)
				}
			}
			for _, r := range s.Requests() {
				if got := r.Header.Get("Authorization"); got != "Bearer "+key {
					t.Errorf("Authorization is %q; want the key", got)
				}
			}
		})
	}
}

func TestMessagesStay(t *testing.T) {
	s := newServer(t)
	s.Always(providertest.Say(400, "line one\nline two\x00 sk-ab***yz, see https://user:word@example.com/x."))
	e := failure(t, embed(t, open(t, options(s))), domain.ErrEmbedder)
	if want := "400 Bad Request: line one line two [key], see https://example.com/x"; !strings.HasSuffix(e.Message, want) {
		t.Errorf("the message is %q; want %q at its end", e.Message, want)
	}
}

func TestKeyInPrints(t *testing.T) {
	s := newServer(t)
	o := options(s)
	e := open(t, o)
	if err := embed(t, e); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb+verb+verb, o, &o, e); shows(text) {
			t.Errorf("%s shows the key: %s", verb, text)
		}
	}
	o.Key = domain.NewSecret(key + "\n")
	_, err := remote.New(o, plain{})
	if !errors.Is(err, domain.ErrInvalid) || shows(err.Error()) {
		t.Errorf("New with a key of two lines = %v; want ErrInvalid without the key", err)
	}
	o.URL = "http://user:" + url.QueryEscape(key) + "@127.0.0.1:1"
	if _, err = remote.New(o, plain{}); !errors.Is(err, domain.ErrInvalid) || shows(err.Error()) {
		t.Errorf("New with a password in the address = %v; want ErrInvalid without it", err)
	}
	o.URL = "http://" + key + " :x"
	if _, err = remote.New(o, plain{}); !errors.Is(err, domain.ErrInvalid) || shows(err.Error()) {
		t.Errorf("New with an address that is none = %v; want ErrInvalid without it", err)
	}
}

func redirect(status int, target string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", target)
		w.WriteHeader(status)
	}
}

func TestRedirects(t *testing.T) {
	seen := make(chan *http.Request, 10)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprintf("%d to another host is not followed", status), func(t *testing.T) {
			s := newServer(t)
			s.Reply(redirect(status, other.URL+"/api/embed?secret=1"))
			e := failure(t, embed(t, open(t, options(s))), domain.ErrEmbedder)
			if !strings.Contains(e.Message, other.URL) || strings.Contains(e.Message, "secret") {
				t.Errorf("the message is %q; want where it leads to, without the query", e.Message)
			}
			if len(seen) > 0 {
				t.Errorf("the other host is sent %+v", (<-seen).Header)
			}
		})
	}
	t.Run("307 on the same host is followed with the key", func(t *testing.T) {
		s := newServer(t)
		s.Reply(redirect(307, "/api/embed"))
		if err := embed(t, open(t, options(s))); err != nil {
			t.Fatal(err)
		}
		requests := s.Requests()
		if len(requests) != 2 || requests[1].Header.Get("Authorization") != "Bearer "+key || string(requests[1].Body) != string(requests[0].Body) {
			t.Errorf("the requests are %v; want the same one twice", requests)
		}
	})
	t.Run("a redirect that makes a GET of it is not followed", func(t *testing.T) {
		s := newServer(t)
		s.Always(redirect(302, "/api/embed"))
		failure(t, embed(t, open(t, options(s))), domain.ErrEmbedder)
		if n := len(s.Requests()); n != 1 {
			t.Errorf("%d requests; want 1", n)
		}
	})
	t.Run("a redirect to another scheme is not followed", func(t *testing.T) {
		s := newServer(t)
		s.Always(redirect(307, "https"+strings.TrimPrefix(s.URL, "http")+"/api/embed"))
		if e := failure(t, embed(t, open(t, options(s))), domain.ErrEmbedder); !strings.Contains(e.Message, "redirect to https://") {
			t.Errorf("the message is %q; want where it leads to", e.Message)
		}
	})
	t.Run("redirects without an end are given up", func(t *testing.T) {
		s := newServer(t)
		s.Always(redirect(307, "/api/embed"))
		failure(t, embed(t, open(t, options(s))), domain.ErrEmbedder)
		if n := len(s.Requests()); n > 5 {
			t.Errorf("%d requests; want at most 5", n)
		}
	})
}
