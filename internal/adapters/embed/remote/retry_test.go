package remote_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/provider/providertest"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func TestAnotherTryThatDoes(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	later := []string{"Date", at.Format(http.TimeFormat), "Retry-After", at.Add(20 * time.Second).Format(http.TimeFormat)}
	for _, c := range []struct {
		name     string
		reply    http.HandlerFunc
		from, to time.Duration // the wait before the second try
	}{
		{"429", providertest.Say(429, "slow down"), 250 * time.Millisecond, 500 * time.Millisecond},
		{"429 with seconds", providertest.Say(429, "", "Retry-After", "7"), 7 * time.Second, 7700 * time.Millisecond},
		{"429 with a date", providertest.Say(429, "", later...), 20 * time.Second, 22 * time.Second},
		{"429 with milliseconds", providertest.Say(429, "", "Retry-After-Ms", "1500", "Retry-After", "20"), 1500 * time.Millisecond, 1650 * time.Millisecond},
		{"429 with nonsense", providertest.Say(429, "", "Retry-After", "soon"), 250 * time.Millisecond, 500 * time.Millisecond},
		{"429 with a date that is over", providertest.Say(429, "", "Retry-After", at.AddDate(-1, 0, 0).Format(http.TimeFormat)), 250 * time.Millisecond, 500 * time.Millisecond},
		{"429 with less than nothing", providertest.Say(429, "", "Retry-After", "-5"), 250 * time.Millisecond, 500 * time.Millisecond},
		{"503", providertest.Say(503, "", "Retry-After", "1"), time.Second, 1100 * time.Millisecond},
		{"500", providertest.Say(500, "oops"), 250 * time.Millisecond, 500 * time.Millisecond},
		{"502 as HTML", providertest.Body(502, "text/html", "<html>bad gateway"), 250 * time.Millisecond, 500 * time.Millisecond},
		{"504", providertest.Say(504, ""), 250 * time.Millisecond, 500 * time.Millisecond},
		{"a connection that is cut", providertest.Cut, 250 * time.Millisecond, 500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, clock := newServer(t), new(providertest.Clock)
			o := options(s)
			o.After = clock.After
			s.Reply(c.reply)
			if err := embed(t, open(t, o)); err != nil {
				t.Fatalf("Embed = %v; want nil", err)
			}
			waits := clock.Waits()
			if len(waits) != 1 || waits[0] < c.from || waits[0] > c.to {
				t.Errorf("it waits %v; want once, %v to %v", waits, c.from, c.to)
			}
			if n := len(s.Requests()); n != 2 {
				t.Errorf("%d requests; want 2", n)
			}
		})
	}
}

func TestWaitsGrow(t *testing.T) {
	s, clock := newServer(t), new(providertest.Clock)
	o := options(s)
	o.After, o.Tries, o.MaxWait = clock.After, 8, 4*time.Second
	s.Always(providertest.Say(500, "oops"))
	e := failure(t, embed(t, open(t, o)), domain.ErrEmbedder)
	if !strings.Contains(e.Message, "500") || !strings.Contains(e.Message, "oops") || !strings.Contains(e.Message, "8 tries") {
		t.Errorf("the message is %q; want the status, the cause and the tries", e.Message)
	}
	waits := clock.Waits()
	want := []float64{0.5, 1, 2, 4, 4, 4, 4} // seconds at most
	if len(waits) != len(want) {
		t.Fatalf("it waits %v; want %d times", waits, len(want))
	}
	for i, w := range waits {
		if s := w.Seconds(); s > want[i] || s < want[i]/2 {
			t.Errorf("wait %d is %v; want %v to %v seconds", i, w, want[i]/2, want[i])
		}
	}
	if slices.Max(waits[3:]) == slices.Min(waits[3:]) {
		t.Errorf("the waits %v are all the same; want jitter", waits[3:])
	}
}

func TestWhatAnotherTryDoesNotHelp(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply http.HandlerFunc
		kind  error
		say   string
	}{
		{"400", providertest.Say(400, "what is this?"), domain.ErrEmbedder, "400 Bad Request: what is this?"},
		{"401", providertest.Say(401, "who is this?"), domain.ErrEmbedder, "401 Unauthorized: who is this?"},
		{"404 in plain text", http.NotFound, domain.ErrEmbedder, "404 Not Found: 404 page not found"},
		{"501", providertest.Say(501, "no embeddings here"), domain.ErrEmbedder, "501"},
		{"an empty account", providertest.Body(429, "application/json", `{"error":{"message":"no money","type":"insufficient_quota","code":"insufficient_quota"}}`), domain.ErrEmbedder, "no money"},
		{"a status without a body", providertest.Body(418, "text/plain", ""), domain.ErrEmbedder, "answered 418 I'm a teapot"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			s.Always(c.reply)
			e := failure(t, embed(t, open(t, options(s))), c.kind)
			if errors.Is(e, domain.ErrEmbedderBusy) || !strings.Contains(e.Message, c.say) || e.Ref.String() != "plain/words" {
				t.Errorf("the error is %+v; want %q of plain/words", e, c.say)
			}
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests; want 1", n)
			}
		})
	}
}

func TestBusyTellsHowLong(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		after  string
		want   time.Duration
		tries  int
	}{
		{"429 without a time", 429, "", 0, 3},
		{"429 with a time", 429, "12", 12 * time.Second, 3},
		{"503 with a time", 503, "12", 12 * time.Second, 3},
		{"a time that is too long to wait", 429, "3600", time.Hour, 1},
		{"a time that is absurd", 503, "1e300", 24 * time.Hour, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t)
			o := options(s)
			o.Tries = 3
			s.Always(providertest.Say(c.status, "slow down", "Retry-After", c.after))
			e := failure(t, embed(t, open(t, o)), domain.ErrEmbedderBusy)
			if e.RetryAfter != c.want {
				t.Errorf("RetryAfter = %v; want %v", e.RetryAfter, c.want)
			}
			if n := len(s.Requests()); n != c.tries {
				t.Errorf("%d requests; want %d", n, c.tries)
			}
		})
	}
}

func TestTooSlow(t *testing.T) {
	drip := func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"vectors":[[1,`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	for name, reply := range map[string]http.HandlerFunc{"no answer": providertest.Hang, "an answer without an end": drip} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			o := options(s)
			o.Timeout, o.Tries = 200*time.Millisecond, 2
			s.Always(reply)
			e := failure(t, embed(t, open(t, o)), domain.ErrEmbedderTimeout)
			if !strings.Contains(e.Message, "200ms") {
				t.Errorf("the message is %q; want the time", e.Message)
			}
			if n := len(s.Requests()); n != 2 {
				t.Errorf("%d requests; want 2", n)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	s := newServer(t)
	o := options(s)
	s.Close()
	e := failure(t, embed(t, open(t, o)), domain.ErrEmbedder)
	if !strings.Contains(e.Message, "refused") || !strings.Contains(e.Message, "4 tries") {
		t.Errorf("the message is %q; want that the connection is refused, after 4 tries", e.Message)
	}
}

// stuck is a time.After that never comes, and says when it is asked.
func stuck() (after func(time.Duration) <-chan time.Time, asked chan struct{}) {
	asked = make(chan struct{}, 10)
	return func(time.Duration) <-chan time.Time {
		asked <- struct{}{}
		return nil
	}, asked
}

func TestWaitsEndEarly(t *testing.T) {
	for name, end := range map[string]struct {
		by   func(cancel func(), e interface{ Close() error })
		want error
	}{
		"with the context": {func(cancel func(), _ interface{ Close() error }) { cancel() }, context.Canceled},
		"with Close":       {func(_ func(), e interface{ Close() error }) { _ = e.Close() }, domain.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			o := options(s)
			var asked chan struct{}
			o.After, asked = stuck()
			o.Concurrency = 1
			s.Always(providertest.Say(500, "oops"))
			e := open(t, o)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			errs := make(chan error)
			for range 2 { // one waits for another try, the other for its turn
				go func() {
					_, err := e.Embed(ctx, []string{"a text"}, ports.PurposeDocument)
					errs <- err
				}()
			}
			<-asked
			end.by(cancel, e)
			for range 2 {
				if err := <-errs; !errors.Is(err, end.want) {
					t.Errorf("Embed = %v; want %v", err, end.want)
				}
			}
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests; want 1", n)
			}
		})
	}
}
