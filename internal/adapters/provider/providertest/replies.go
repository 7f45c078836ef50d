package providertest

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"
)

// Say answers with a status and {"error":{"message":…}}. Headers are names and values in
// turn.
func Say(status int, message string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"message": message}})
	}
}

// Body answers with a status and a body as it is.
func Body(status int, mediaType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// Cut closes the connection in the middle of an answer.
func Cut(w http.ResponseWriter, _ *http.Request) {
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err) // HTTP/1 can always be hijacked
	}
	defer func() { _ = conn.Close() }()
	_, _ = buf.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"data\":[")
	_ = buf.Flush()
}

// Hang answers when the client is gone.
func Hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// Clock is a time.After whose waits are over at once. It is safe for concurrent use.
type Clock struct {
	mu    sync.Mutex // guards waits
	waits []time.Duration
}

// After returns a channel that has its value.
func (c *Clock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	over := make(chan time.Time, 1)
	over <- time.Now()
	return over
}

// Waits returns the waits so far.
func (c *Clock) Waits() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.waits...)
}
