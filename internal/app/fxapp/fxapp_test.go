package fxapp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/goleak"

	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/app/fxapp"
)

// log collects what an app logs, line by line.
type log struct {
	mu    sync.Mutex // guards lines
	lines []string
	url   chan string // receives the address once it is logged
}

func newLog() *log { return &log{url: make(chan string, 1)} }

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(p))
	var line struct{ Msg, URL string }
	if json.Unmarshal(p, &line) == nil && line.Msg == "serving" {
		l.url <- line.URL
	}
	return len(p), nil
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}

func settings(t *testing.T) config.Config {
	t.Helper()
	cfg := config.Default()
	cfg.Data.Path = filepath.Join(t.TempDir(), "data", "memista.db")
	cfg.ServerPort = 0
	return cfg
}

// start starts an app and returns its address; the test's end stops it.
func start(t *testing.T, cfg config.Config, opts ...fx.Option) (string, *fx.App) {
	t.Helper()
	l := newLog()
	a := fx.New(append([]fx.Option{fxapp.Options(cfg, fxapp.About{Version: "v0", Commit: "c0"}, l)}, opts...)...)
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			t.Errorf("Stop: %v; log:\n%s", err, l)
		}
	})
	return <-l.url, a
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	res, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

const (
	insert = `{"database_id":"d","chunks":[{"embedding":[1,2],"text":"a"}]}`
	search = `{"database_id":"d","embeddings":[[1,2]],"num_results":1}`
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheGraphIsComplete(t *testing.T) {
	if err := fx.ValidateApp(fxapp.Options(settings(t), fxapp.About{}, io.Discard)); err != nil {
		t.Error(err)
	}
}

func TestStartServeStopStart(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	cfg := settings(t)
	for round := range 2 {
		l := newLog()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- fxapp.Run(ctx, cfg, fxapp.About{Version: "v0"}, l) }()
		var url string
		select {
		case url = <-l.url:
		case err := <-ended:
			t.Fatalf("Run: %v; log:\n%s", err, l)
		}
		if round == 0 {
			if code, body := post(t, url+"/v1/insert", insert); code != 200 || body != `{"inserted_ids":[1]}`+"\n" {
				t.Errorf("insert = %d %s", code, body)
			}
		}
		if code, body := post(t, url+"/v1/search", search); code != 200 || !strings.Contains(body, `"text":"a"`) {
			t.Errorf("round %d: search = %d %s", round, code, body)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v; want nil", err)
		}
		if !strings.Contains(l.String(), `"msg":"stopped"`) {
			t.Errorf("the log has no line about the end:\n%s", l)
		}
		if before, _, _ := strings.Cut(l.String(), `"msg":"stopped"`); !strings.Contains(before, `"msg":"request"`) {
			t.Errorf("the log has no line about a request before the one about the end:\n%s", l)
		}
	}
}

func TestAnEndDuringTheStartIsAnOrderlyStop(t *testing.T) {
	l := newLog()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := fxapp.Run(ctx, settings(t), fxapp.About{}, l); err != nil {
		t.Errorf("Run = %v; want nil", err)
	}
	if !strings.Contains(l.String(), `"msg":"stopped"`) {
		t.Errorf("the data file was not closed; log:\n%s", l)
	}
}

func TestWhatFailsTheStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()

	t.Run("a port in use, and the data file is free again", func(t *testing.T) {
		cfg := settings(t)
		cfg.ServerPort = taken.Addr().(*net.TCPAddr).Port
		err := fxapp.Run(t.Context(), cfg, fxapp.About{}, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "--server-port") || !strings.Contains(err.Error(), cfg.Address()) {
			t.Errorf("Run = %v; want one that names the port and the flag", err)
		}
		cfg.ServerPort = 0
		start(t, cfg)
	})
	t.Run("a port of another API in use", func(t *testing.T) {
		cfg := settings(t)
		cfg.QdrantPort = taken.Addr().(*net.TCPAddr).Port
		err := fxapp.Run(t.Context(), cfg, fxapp.About{}, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "--qdrant-port") || !strings.Contains(err.Error(), taken.Addr().String()) {
			t.Errorf("Run = %v; want one that names the port and the flag", err)
		}
		cfg.Qdrant = false // then nobody listens there
		start(t, cfg)
	})
	t.Run("an address that others reach, before anything is opened", func(t *testing.T) {
		cfg := settings(t)
		cfg.ServerHost = "0.0.0.0"
		err := fxapp.Run(t.Context(), cfg, fxapp.About{}, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "--insecure") {
			t.Errorf("Run = %v; want one that names --insecure", err)
		}
		if files, _ := filepath.Glob(filepath.Dir(cfg.Data.Path) + "*"); len(files) > 0 {
			t.Errorf("files were made: %v", files)
		}
	})
	t.Run("a data file that is open elsewhere, in plain words", func(t *testing.T) {
		cfg := settings(t)
		start(t, cfg)
		err := fxapp.Run(t.Context(), cfg, fxapp.About{}, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), cfg.Data.Path+" is in use by another memista") {
			t.Errorf("Run = %v; want the repository's own words", err)
		}
	})
	t.Run("an engine that is not in the build, and the data file is free again", func(t *testing.T) {
		cfg := settings(t)
		cfg.Data.Engine = "abacus"
		err := fxapp.Run(t.Context(), cfg, fxapp.About{}, io.Discard)
		if err == nil || !strings.Contains(err.Error(), `no engine "abacus"`) {
			t.Errorf("Run = %v; want one that names the engine", err)
		}
		cfg.Data.Engine = ""
		start(t, cfg)
	})
}

func TestRequestsInFlightAreFinished(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	l := newLog()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- fxapp.Run(ctx, settings(t), fxapp.About{}, l) }()
	url := <-l.url

	// A body of which the server has got the first half is a request in flight.
	body, half := io.Pipe()
	answered := make(chan string, 1)
	go func() {
		res, err := http.Post(url+"/v1/insert", "application/json", body)
		if err != nil {
			answered <- err.Error()
			return
		}
		defer res.Body.Close()
		raw, _ := io.ReadAll(res.Body)
		answered <- string(raw)
	}()
	if _, err := io.Copy(half, bytes.NewBufferString(insert[:20])); err != nil {
		t.Fatal(err)
	}
	waitInFlight(t, url)
	cancel()
	waitRefused(t, url)
	if _, err := io.Copy(half, bytes.NewBufferString(insert[20:])); err != nil {
		t.Error(err)
	}
	half.Close()
	if got := <-answered; got != `{"inserted_ids":[1]}`+"\n" {
		t.Errorf("request in flight was answered %s", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run = %v; want nil", err)
	}
}

// waitInFlight returns when another request on a new connection was answered, which the
// server accepts after the one before.
func waitInFlight(t *testing.T, url string) {
	t.Helper()
	res, err := http.Get(url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("readyz = %d; want 200", res.StatusCode)
	}
}

// waitRefused returns when the server takes no more connections.
func waitRefused(t *testing.T, url string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			return
		}
		c.Close()
	}
	t.Error("the server still takes connections")
}
