package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/memista/memista/client"
)

// refusal is an answer of a server that has no room.
type refusal struct {
	status int
	after  string // Retry-After
	code   string // "": not memista's own answer
}

// inMemory answers requests without a network, so that bubbles of synctest can wait.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	m.ServeHTTP(rec, r)
	res := rec.Result()
	res.Request = r
	return res, nil
}

// flaky returns a client of a server that refuses the first requests so, one after the
// other, and then answers; and how long the client waited before each but the first.
func flaky(t *testing.T, retries int, refusals ...refusal) (c *client.Client, waits *[]time.Duration, asked *int) {
	t.Helper()
	waits, asked = new([]time.Duration), new(int)
	bodies := map[string]bool{}
	var last time.Time
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		bodies[string(body)] = true
		if err != nil || len(bodies) != 1 {
			t.Errorf("try %d sent %q, %v; want the same body each time", *asked, body, err)
		}
		if *asked > 0 {
			*waits = append(*waits, time.Since(last))
		}
		last = time.Now()
		*asked++
		if *asked > len(refusals) {
			_, _ = io.WriteString(w, `{"inserted_ids":[1],"databases":[]}`)
			return
		}
		no := refusals[*asked-1]
		w.Header().Set("Retry-After", no.after)
		w.WriteHeader(no.status)
		if no.code != "" {
			fmt.Fprintf(w, `{"error":"no room","code":%q,"request_id":"x"}`, no.code)
		}
	})
	c, err := client.New("http://memista.test", &client.Options{Retries: retries, HTTP: &http.Client{Transport: inMemory{handler}}})
	if err != nil {
		t.Fatal(err)
	}
	return c, waits, asked
}

var (
	plain = []client.Chunk{{Embedding: []float32{1}}}
	keyed = []client.Chunk{{Key: "a", Embedding: []float32{1}}, {Key: "b", Embedding: []float32{1}}}
	mixed = []client.Chunk{{Key: "a", Embedding: []float32{1}}, {Embedding: []float32{1}}}
)

func TestWhatIsSentAgain(t *testing.T) {
	insert := func(chunks []client.Chunk, on client.OnConflict) func(context.Context, *client.Client) error {
		return func(ctx context.Context, c *client.Client) error {
			_, err := c.Insert(ctx, "d", chunks, &client.InsertOptions{OnConflict: on})
			return err
		}
	}
	list := func(ctx context.Context, c *client.Client) error {
		_, err := c.Databases(ctx)
		return err
	}
	stopping := refusal{503, "", "shutting_down"}
	proxy := refusal{503, "", ""}
	for name, r := range map[string]struct {
		call  func(context.Context, *client.Client) error
		no    refusal
		again bool
	}{
		"a read":                                      {list, busy, true},
		"a read, after a proxy's answer":              {list, proxy, true},
		"any insert, after memista's answer":          {insert(plain, ""), busy, true},
		"any insert, after memista's 503":             {insert(plain, ""), stopping, true},
		"keys refused, after memista's answer":        {insert(keyed, client.Refuse), busy, true},
		"keys, after a proxy's answer":                {insert(keyed, ""), proxy, true},
		"keys skipped, after a proxy's answer":        {insert(keyed, client.Skip), proxy, true},
		"no keys, after a proxy's answer":             {insert(plain, ""), proxy, false},
		"one without a key, after a proxy's answer":   {insert(mixed, ""), proxy, false},
		"keys refused, after a proxy's answer":        {insert(keyed, client.Refuse), proxy, false},
		"a read from a server that cannot write":      {list, refusal{503, "1", "read_only"}, false},
		"an insert, while a provider takes no more":   {insert(plain, ""), refusal{429, "1", "embedder"}, true},
		"a read, after a provider failed":             {list, refusal{502, "", "embedder"}, false},
		"a read, after a provider gave no answer":     {list, refusal{504, "", "embedder"}, false},
		"a read, after an internal error":             {list, refusal{500, "1", "internal"}, false},
		"an insert, when the disk is full":            {insert(keyed, ""), refusal{507, "", "disk_full"}, false},
		"an insert with a body that is too large":     {insert(keyed, ""), refusal{413, "", "too_large"}, false},
		"an insert that a proxy sent to nobody (502)": {insert(keyed, ""), refusal{502, "", ""}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _, asked := flaky(t, 0, r.no)
				err := r.call(t.Context(), c)
				want := 1
				if r.again {
					want = 2
				}
				if r.no.code == "embedder" && !r.again && !errors.Is(err, client.ErrEmbedder) {
					t.Errorf("%v is not ErrEmbedder", err)
				}
				if (err == nil) != r.again || *asked != want {
					t.Errorf("%d requests, %v; want another try: %v", *asked, err, r.again)
				}
			})
		})
	}
}

var busy = refusal{429, "", "too_busy"}

// waited reports whether each of waits is that of least, and up to half of it more.
func waited(waits []time.Duration, least ...time.Duration) bool {
	for i, d := range waits {
		if i >= len(least) || d < least[i] || d > least[i]+least[i]/2 {
			return false
		}
	}
	return len(waits) == len(least)
}

func TestHowLongAndHowOften(t *testing.T) {
	t.Run("twice as long each time, or as long as the server says", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, waits, asked := flaky(t, 0, busy, busy, refusal{429, "7", "too_busy"}, busy)
			_, err := c.Insert(t.Context(), "d", plain, nil)
			if err != nil || *asked != 5 || !waited(*waits, 100*time.Millisecond, 200*time.Millisecond, 7*time.Second, 800*time.Millisecond) {
				t.Errorf("%d requests after waits of %v, %v; want the fifth to succeed", *asked, *waits, err)
			}
		})
	})
	t.Run("five requests at most", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _, asked := flaky(t, 0, busy, busy, busy, busy, busy)
			e, ok := errors.AsType[*client.Error](c.Ready(t.Context()))
			if !ok || e.Code != "too_busy" || *asked != 5 {
				t.Errorf("%d requests, %v; want the last refusal after five", *asked, e)
			}
		})
	})
	t.Run("one where Retries is below zero", func(t *testing.T) {
		c, _, asked := flaky(t, -1, busy)
		if err := c.Ready(t.Context()); err == nil || *asked != 1 {
			t.Errorf("Retries -1: %d requests, %v; want one", *asked, err)
		}
	})
	t.Run("half a minute at most, and a date is a time, too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, waits, _ := flaky(t, 0, refusal{503, "86400", "unavailable"}, refusal{503, "Thu, 01 Jan 2099 00:00:00 GMT", "unavailable"}, refusal{503, "Thu, 01 Jan 1970 00:00:00 GMT", "unavailable"})
			if err := c.Ready(t.Context()); err != nil || !waited(*waits, 30*time.Second, 30*time.Second, 400*time.Millisecond) {
				t.Errorf("waits of %v, %v; want half a minute twice, then 0.4 s", *waits, err)
			}
		})
	})
}

// Where the time of the context would be up before the next try, the refusal says more.
func TestRetryEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		c, _, asked := flaky(t, 0, refusal{429, "20", "too_busy"}, busy)
		began := time.Now()
		time.AfterFunc(3*time.Second, cancel)
		e, ok := errors.AsType[*client.Error](c.Ready(ctx))
		if took := time.Since(began); !ok || e.Code != "too_busy" || *asked != 1 || took != 3*time.Second {
			t.Errorf("canceled while waiting: %d requests in %v, %v; want one and its refusal", *asked, took, e)
		}
		short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c, _, asked = flaky(t, 0, refusal{429, "20", "too_busy"})
		began = time.Now()
		if e, ok := errors.AsType[*client.Error](c.Ready(short)); !ok || e.Status != 429 || *asked != 1 || time.Since(began) != 0 {
			t.Errorf("with 10 s left: %d requests in %v, %v; want the refusal at once", *asked, time.Since(began), e)
		}
	})
}
