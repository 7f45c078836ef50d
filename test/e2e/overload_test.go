//go:build linux

package e2e_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// full makes the tests of overload as long as their figures need.
func full() bool { return os.Getenv("MEMISTA_OVERLOAD") != "" }

// vectorJSON returns a random vector.
func vectorJSON(r *rand.Rand, dims int) string {
	parts := make([]string, dims)
	for i := range parts {
		parts[i] = strconv.FormatFloat(r.NormFloat64(), 'f', 4, 32)
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// fill puts n chunks into the database d and returns the body of a search in it.
func fill(s *server, n int) string {
	const dims = 100
	r := rand.New(rand.NewPCG(20261122, 1))
	chunks := make([]string, n)
	for i := range chunks {
		chunks[i] = fmt.Sprintf(`{"embedding":%s,"text":"chunk %d"}`, vectorJSON(r, dims), i)
	}
	if status, answer := s.do("POST", "/v1/insert", `{"database_id":"d","chunks":[`+strings.Join(chunks, ",")+`]}`); status != 200 {
		s.t.Fatalf("insert = %d %s", status, answer)
	}
	return `{"database_id":"d","embeddings":[` + vectorJSON(r, dims) + `],"num_results":10}`
}

// latencies sends n searches one after the other over one connection.
func latencies(t *testing.T, url, body string, n int) []time.Duration {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		res, err := c.Post(url+"/v1/search", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("search = %d, %v", res.StatusCode, err)
		}
		took[i] = time.Since(start)
	}
	return took
}

func percentile(took []time.Duration, p int) time.Duration {
	slices.Sort(took)
	return took[min(len(took)-1, len(took)*p/100)]
}

// slowCallers opens n connections that send the head or the body of a request a byte at a
// time, and opens another for each that is closed, until stop is called.
func slowCallers(addr string, n int) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			head := "POST /v1/search HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
			if i%2 == 0 {
				head = "POST /v1/insert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{"
			}
			for {
				conn, err := net.Dial("tcp", addr)
				if err == nil {
					_, err = io.WriteString(conn, head)
				}
				for err == nil {
					select {
					case <-done:
						conn.Close()
						return
					case <-time.After(time.Second):
						_, err = io.WriteString(conn, "a")
					}
				}
				if conn != nil {
					conn.Close()
				}
				select {
				case <-done:
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
		})
	}
	return func() { close(done); wg.Wait() }
}

// TestSlowCallers: who sends slowly does not slow down the others.
func TestSlowCallers(t *testing.T) {
	callers, searches, rounds := 200, 200, 1
	if full() {
		callers, searches, rounds = 1000, 2000, 5
	}
	s := serve(t, t.TempDir(), nil)
	body := fill(s, 1000)
	latencies(t, s.URL, body, 100) // warm
	var ratios []float64
	for range rounds {
		quiet := percentile(latencies(t, s.URL, body, searches), 99)
		stop := slowCallers(strings.TrimPrefix(s.URL, "http://"), callers)
		slow := percentile(latencies(t, s.URL, body, searches), 99)
		stop()
		ratios = append(ratios, float64(slow)/float64(quiet))
		t.Logf("p99 of %d searches: %v alone, %v beside %d slow callers", searches, quiet, slow, callers)
	}
	slices.Sort(ratios)
	median := ratios[len(ratios)/2]
	t.Logf("ratio of p99: median %.2f of %.2f", median, ratios)
	if full() && median > 2 { // one short round says too little
		t.Errorf("the p99 of others is %.2f times as high beside %d slow callers; want at most 2", median, callers)
	}
}

// rss returns the resident memory of a process in bytes.
func rss(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatal("no RssAnon")
	return 0
}

// watchRSS returns the resident memory of a process every so often.
func watchRSS(t *testing.T, pid int, every, lasts time.Duration) []int {
	t.Helper()
	tick := time.NewTicker(every)
	defer tick.Stop()
	var seen []int
	for range lasts / every {
		<-tick.C
		seen = append(seen, rss(t, pid))
	}
	return seen
}

// megabytes writes sizes for people.
func megabytes(sizes []int) string {
	parts := make([]string, len(sizes))
	for i, n := range sizes {
		parts[i] = strconv.Itoa(n >> 20)
	}
	return strings.Join(parts, " ")
}

// TestOverload: ten times as many callers as there are places get an answer or are told
// to come again, memory stays bounded, and the server is itself again when they stop.
func TestOverload(t *testing.T) {
	places, queue, lasts, every := 4, 16, time.Second, 200*time.Millisecond
	if full() {
		places, queue, lasts, every = 32, 64, time.Minute, 5*time.Second
	}
	s := serve(t, t.TempDir(), []string{
		"MEMISTA_MAX_SEARCHES=" + strconv.Itoa(places), "MEMISTA_QUEUE=" + strconv.Itoa(queue),
	})
	body := fill(s, 1000)
	normal := percentile(latencies(t, s.URL, body, 200), 99)
	before := rss(t, s.PID)

	callers := 10 * (places + queue)
	tr := &http.Transport{MaxIdleConnsPerHost: callers}
	c := &http.Client{Transport: tr}
	var ok, refused, other atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(lasts)
	for range callers {
		wg.Go(func() {
			for time.Now().Before(end) {
				res, err := c.Post(s.URL+"/v1/search", "application/json", bytes.NewReader([]byte(body)))
				if err != nil {
					other.Add(1)
					continue
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				switch {
				case res.StatusCode == http.StatusOK:
					ok.Add(1)
				case (res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable) && res.Header.Get("Retry-After") != "":
					refused.Add(1)
				default:
					other.Add(1)
				}
			}
		})
	}
	memory := watchRSS(t, s.PID, every, lasts)
	wg.Wait()
	tr.CloseIdleConnections()
	stopped, after := time.Now(), rss(t, s.PID)
	again := percentile(latencies(t, s.URL, body, 50), 99)
	t.Logf("%d callers for %v, %d places, queue %d: %d served, %d told to come again, %d else; RssAnon %d MB before, %d MB after; p99 %v before, %v in the %v that 50 searches took afterwards",
		callers, lasts, places, queue, ok.Load(), refused.Load(), other.Load(), before>>20, after>>20, normal, again, time.Since(stopped))
	if ok.Load() == 0 || refused.Load() == 0 || other.Load() != 0 {
		t.Errorf("%d served, %d told to come again, %d else; want some, some and none", ok.Load(), refused.Load(), other.Load())
	}
	t.Logf("RssAnon every %v: %s MB", every, megabytes(memory))
	// Each connection costs memory at first; after that nothing may add up.
	if half := len(memory) / 2; full() && slices.Max(memory[half:]) > slices.Max(memory[:half])*5/4 {
		t.Errorf("RssAnon goes on growing: %s MB, every %v", megabytes(memory), every)
	}
	if after > before+128<<20 {
		t.Errorf("RssAnon grew from %d to %d MB", before>>20, after>>20)
	}
}
