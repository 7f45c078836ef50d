package httpapi_test

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whatever is sent and however it ends, the log has no key, vector, text, metadata, id of
// a database or query of it.
func TestTheLogTellsNothingThatWasSent(t *testing.T) {
	var log bytes.Buffer
	svc, _ := newService(t)
	keys := limitedKeys()
	keys["SECRET-key"] = keys["root"]
	h := newHandler(svc, options{Logger: jsonLogger(&log), Keys: keys})
	sent := 0
	for _, key := range []string{"SECRET-key", "SECRET-wrong", "read"} {
		for _, r := range [][3]string{
			{"POST", "/v1/insert", `{"database_id":"SECRET-db","chunks":[{"embedding":[0.77665544,1],"text":"SECRET-text","metadata":{"m":"SECRET-meta"},"key":"SECRET-ck"}]}`},
			{"POST", "/v1/insert", `{"database_id":"SECRET-db","chunks":[{"embedding":[0.77665544],"text":"SECRET-text"}]}`},
			{"POST", "/v1/insert", `{"database_id":"SECRET-db","chunks":[{"embedding":[0.77665544,SECRET`},
			{"POST", "/v1/insert", `{"SECRET-field":1}`},
			{"POST", "/v1/embeddings", `{"input":"SECRET-text","model":"SECRET/model"}`},
			{"POST", "/v1/search", `{"database_id":"SECRET-db","embeddings":[[0.77665544,1]],"num_results":1}`},
			{"GET", "/v1/databases/SECRET-db/chunks/1?include=embedding", ``},
			{"GET", "/v1/databases/SECRET-db/chunks/SECRET", ``},
			{"GET", "/SECRET-path?api-key=SECRET-key", ``},
			{"GET", "/v1/databases?SECRET=1", ``},
			{"DELETE", "/v1/drop", `{"database_id":"SECRET-db"}`},
		} {
			req := request(r[0], r[1], strings.NewReader(r[2]))
			req.Header.Set("Authorization", "Bearer "+key)
			req.Header.Set("X-Request-Id", "SECRET id")
			req.Header.Set("User-Agent", "SECRET-agent")
			h.ServeHTTP(httptest.NewRecorder(), req)
			sent++
		}
	}
	if got := strings.Count(log.String(), `"msg":"request"`); got != sent {
		t.Errorf("%d requests were logged; want %d", got, sent)
	}
	for _, secret := range []string{"SECRET", "0.776655"} {
		for line := range strings.Lines(log.String()) {
			if strings.Contains(line, secret) {
				t.Errorf("the log has %s: %s", secret, line)
			}
		}
	}
}
