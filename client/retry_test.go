package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/memista/memista/client"
)

// refusal is an answer of a server that has no room.
type refusal struct {
	status int
	after  string // Retry-After
	code   string // "": not memista's own answer
}

// flaky returns a client of a server that refuses the first requests so, one after the
// other, and then answers; and what the client slept and how often it asked.
func flaky(t *testing.T, o *client.Options, refusals ...refusal) (c *client.Client, slept *[]time.Duration, asked *int) {
	t.Helper()
	slept, asked = new([]time.Duration), new(int)
	bodies := map[string]bool{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		bodies[string(body)] = true
		if err != nil || len(bodies) != 1 {
			t.Errorf("try %d sent %q, %v; want the same body each time", *asked, body, err)
		}
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
	}))
	c, err := client.New(web.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	c.SleepWith(func(ctx context.Context, d time.Duration) error {
		*slept = append(*slept, d)
		return ctx.Err()
	})
	t.Cleanup(func() { c.Close(); web.Close() })
	return c, slept, asked
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
	busy, stopping := refusal{429, "", "too_busy"}, refusal{503, "", "shutting_down"}
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
		"a read, after an internal error":             {list, refusal{500, "1", "internal"}, false},
		"an insert, when the disk is full":            {insert(keyed, ""), refusal{507, "", "disk_full"}, false},
		"an insert with a body that is too large":     {insert(keyed, ""), refusal{413, "", "too_large"}, false},
		"an insert that a proxy sent to nobody (502)": {insert(keyed, ""), refusal{502, "", ""}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, asked := flaky(t, nil, r.no)
			err := r.call(t.Context(), c)
			want := 1
			if r.again {
				want = 2
			}
			if (err == nil) != r.again || *asked != want {
				t.Errorf("%d requests, %v; want another try: %v", *asked, err, r.again)
			}
		})
	}
}

func TestHowLongAndHowOften(t *testing.T) {
	busy := refusal{429, "", "too_busy"}
	within := func(d, least time.Duration) bool { return d >= least && d <= least+least/2 }

	c, slept, asked := flaky(t, nil, busy, busy, refusal{429, "7", "too_busy"}, busy)
	if _, err := c.Insert(t.Context(), "d", plain, nil); err != nil || *asked != 5 {
		t.Errorf("%d requests, %v; want the fifth to succeed", *asked, err)
	}
	for i, least := range []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 7 * time.Second, 800 * time.Millisecond} {
		if i >= len(*slept) || !within((*slept)[i], least) {
			t.Fatalf("slept %v; want %v and up to half of it more as number %d", *slept, least, i)
		}
	}

	c, _, asked = flaky(t, nil, busy, busy, busy, busy, busy)
	e, ok := errors.AsType[*client.Error](c.Ready(t.Context()))
	if !ok || e.Code != "too_busy" || *asked != 5 {
		t.Errorf("%d requests, %v; want the last refusal after five", *asked, e)
	}
	c, slept, asked = flaky(t, &client.Options{Retries: -1}, busy)
	if err := c.Ready(t.Context()); err == nil || *asked != 1 || len(*slept) != 0 {
		t.Errorf("Retries -1: %d requests, %v; want one", *asked, err)
	}
	c, slept, _ = flaky(t, nil, refusal{503, "86400", "unavailable"}, refusal{503, "Thu, 01 Jan 2099 00:00:00 GMT", "unavailable"}, refusal{503, "Thu, 01 Jan 1970 00:00:00 GMT", "unavailable"})
	if err := c.Ready(t.Context()); err != nil || !within((*slept)[0], 30*time.Second) || !within((*slept)[1], 30*time.Second) || !within((*slept)[2], 400*time.Millisecond) {
		t.Errorf("slept %v, %v; want half a minute twice, then 0.4 s", *slept, err)
	}
}

// Where the time of the context would be up before the next try, the refusal says more.
func TestRetryEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, slept, asked := flaky(t, nil, refusal{429, "20", "too_busy"}, refusal{429, "100", "too_busy"})
	c.SleepWith(func(context.Context, time.Duration) error {
		*slept = append(*slept, 0)
		cancel()
		return context.Canceled
	})
	e, ok := errors.AsType[*client.Error](c.Ready(ctx))
	if !ok || e.Code != "too_busy" || *asked != 1 || len(*slept) != 1 {
		t.Errorf("canceled while waiting: %d requests, %v; want one and its refusal", *asked, e)
	}
	short, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, slept, asked = flaky(t, nil, refusal{429, "20", "too_busy"})
	if e, ok := errors.AsType[*client.Error](c.Ready(short)); !ok || e.Status != 429 || *asked != 1 || len(*slept) != 0 {
		t.Errorf("with 10 s left: %d requests, slept %v, %v; want the refusal at once", *asked, *slept, e)
	}
}
