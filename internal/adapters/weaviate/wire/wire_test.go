package wire_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/google/uuid"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
)

var (
	place = wire.Place{Class: "C", Tenant: "t"}
	query = wire.Query{Place: place, Vector: []float32{1, 2}, Limit: 3}
	some  = []wire.Object{{ID: uuid.New(), Vector: []float32{1, 2}}}
)

func TestAnswersThatAreErrorsHaveTheirKind(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		body    string
		want    error
		message string
	}{
		"credentials":               {401, `{"code":401,"message":"unauthorized: invalid api key"}`, wire.ErrCredentials, "invalid api key"},
		"what is not allowed":       {403, `{"error":[{"message":"forbidden"}]}`, wire.ErrCredentials, "forbidden"},
		"a class that is there":     {422, `{"error":[{"message":"class name C already exists"}]}`, domain.ErrConflict, "already exists"},
		"no class":                  {404, ``, domain.ErrNotFound, "Not Found"},
		"no tenant":                 {422, `{"error":[{"message":"tenant not found: \"q\""}]}`, domain.ErrNotFound, "tenant not found"},
		"bad input":                 {422, `{"error":[{"message":"invalid"}]}`, domain.ErrInvalid, "invalid"},
		"a shard that is read-only": {500, `{"error":[{"message":"store is read-only due to: disk usage too high"}]}`, domain.ErrReadOnly, "disk usage"},
		"a full disk":               {500, `{"error":[{"message":"write: no space left on device"}]}`, domain.ErrDiskFull, "no space"},
		"an own fault":              {500, `{"error":[{"message":"leader not found"}]}`, domain.ErrUnavailable, "leader not found"},
		"no Weaviate":               {200, `<html>`, nil, "not what Weaviate answers"},
		"too much":                  {413, `too large`, domain.ErrTooLarge, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := newClient(t, wire.Options{}, n).Class(context.Background(), "C")
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.message) {
				t.Errorf("Class = %v; want %v that says %q", err, c.want, c.message)
			}
		})
	}
}

func TestErrorsOfGRPCHaveTheirKind(t *testing.T) {
	for name, c := range map[string]struct {
		answer error
		want   error
	}{
		"credentials": {status.Error(codes.Unauthenticated, "invalid api key"), wire.ErrCredentials},
		"no class":    {status.Error(codes.Unknown, "could not find class C in schema"), domain.ErrNotFound},
		"no tenant":   {status.Error(codes.Unknown, `tenant not found: "q"`), domain.ErrNotFound},
		"bad input":   {status.Error(codes.Unknown, "no such prop with name 'x'"), domain.ErrInvalid},
		"too much":    {status.Error(codes.ResourceExhausted, "message larger than max"), domain.ErrTooLarge},
		"no replicas": {status.Error(codes.Unknown, "cannot achieve consistency level"), domain.ErrUnavailable},
		"going down":  {status.Error(codes.Unavailable, "transport is closing"), domain.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t, nil)
			n.answer(func(string, []byte) ([]byte, error) { return nil, c.answer })
			if _, err := newClient(t, wire.Options{}, n).Search(context.Background(), query); !errors.Is(err, c.want) {
				t.Errorf("Search = %v; want %v", err, c.want)
			}
		})
	}
}

func TestSearchesGoOnWhereANodeStops(t *testing.T) {
	a, b, c := newNode(t, nil), newNode(t, nil), newNode(t, nil)
	seen := &events{}
	client := newClient(t, wire.Options{Every: 100 * time.Millisecond, Timeout: 30 * time.Second, Observer: seen}, a, b, c)
	if n, err := client.Ready(context.Background()); n != 3 || err != nil {
		t.Fatalf("Ready = %d, %v; want 3", n, err)
	}
	b.stopped.Store(true)
	start := time.Now()
	for range 12 {
		if _, err := client.Search(context.Background(), query); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("12 searches beside a node that does not answer took %v", took)
	}
	if b.calls.Load() != 0 || !seen.has("changed, down: true") || !seen.has("repeated") {
		t.Errorf("b was asked %d times, told of %v; want none, and that it went down", b.calls.Load(), seen.list)
	}
	b.stopped.Store(false)
	for deadline := time.Now().Add(20 * time.Second); b.calls.Load() == 0; {
		if _, err := client.Search(context.Background(), query); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("b is not asked any more after it came back")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestWritesThatMayNotBeRepeatedAreNot(t *testing.T) {
	var calls atomic.Int64
	n := newNode(t, func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		conn, _, _ := w.(http.Hijacker).Hijack()
		_ = conn.Close()
	})
	client := newClient(t, wire.Options{Timeout: 5 * time.Second}, n)
	if err := client.CreateClass(context.Background(), wire.Class{Name: "C"}); !errors.Is(err, domain.ErrUnavailable) || calls.Load() != 1 {
		t.Errorf("CreateClass = %v after %d tries; want ErrUnavailable after one", err, calls.Load())
	}
	calls.Store(0)
	if err := client.AddTenants(context.Background(), "C", wire.Tenant{Name: "t"}); !errors.Is(err, domain.ErrUnavailable) || calls.Load() < 2 {
		t.Errorf("AddTenants = %v after %d tries; want ErrUnavailable after more than one", err, calls.Load())
	}
}

func TestDeadlinesHold(t *testing.T) {
	n := newNode(t, nil)
	n.stopped.Store(true)
	client := newClient(t, wire.Options{Timeout: 500 * time.Millisecond}, n)
	for name, do := range map[string]func() error{
		"search": func() error { _, err := client.Search(context.Background(), query); return err },
		"put":    func() error { _, err := client.Put(context.Background(), place, some); return err },
		"get":    func() error { _, err := client.Object(context.Background(), place, uuid.New(), false); return err },
	} {
		start := time.Now()
		if err := do(); !errors.Is(err, domain.ErrUnavailable) || time.Since(start) > 3*time.Second {
			t.Errorf("%s = %v after %v; want ErrUnavailable after half a second", name, err, time.Since(start))
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := client.Search(ctx, query); !errors.Is(err, context.Canceled) {
		t.Errorf("Search of a caller who is gone = %v; want context.Canceled", err)
	}
}

func TestObjectsWhoseReplicasAreAwayAreSentAgain(t *testing.T) {
	n := newNode(t, nil)
	sent := 0
	n.answer(func(_ string, _ []byte) ([]byte, error) {
		sent++
		if sent > 1 {
			return []byte{}, nil
		}
		text := "cannot reach enough replicas"
		return append([]byte{0x12, byte(len(text) + 2), 0x12, byte(len(text))}, text...), nil // errors {index 0}
	})
	results, err := newClient(t, wire.Options{}, n).Put(context.Background(), place, some)
	if err != nil || results[0] != nil || sent != 2 {
		t.Errorf("Put = %v, %v, sent %d times; want a success at the second", results, err, sent)
	}
}

func TestKeysAreSentAndNotShown(t *testing.T) {
	const key = "very-secret-key"
	var header string
	n := newNode(t, func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Get("Authorization")
		w.WriteHeader(http.StatusUnauthorized)
	})
	client := newClient(t, wire.Options{APIKey: domain.NewSecret(key)}, n)
	_, err := client.Meta(context.Background())
	if header != "Bearer "+key || err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("sent %q, error %v; want the key in the first alone", header, err)
	}
}

func TestRequestsAreTraced(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	tracer := trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("test")
	var parent string
	n := newNode(t, func(w http.ResponseWriter, r *http.Request) {
		parent = r.Header.Get("Traceparent")
		http.NotFound(w, r)
	})
	seen := &events{}
	client := newClient(t, wire.Options{Tracer: tracer, Observer: seen}, n)
	_, _ = client.Class(context.Background(), "C")
	if _, err := client.Search(context.Background(), query); err != nil {
		t.Fatal(err)
	}
	ended := spans.Ended()
	if len(ended) != 2 || ended[0].Name() != "weaviate.class" || ended[1].Name() != "weaviate.search" {
		t.Fatalf("spans %v; want those of both requests", ended)
	}
	if id := ended[0].SpanContext().TraceID().String(); !strings.Contains(parent, id) {
		t.Errorf("the node was sent the parent %q; want trace %s", parent, id)
	}
	if !seen.has("class by rest, failed: true") || !seen.has("search by grpc, failed: false") {
		t.Errorf("told of %v; want both requests", seen.list)
	}
}

func TestValuesThatWouldChangeAreRefused(t *testing.T) {
	client := newClient(t, wire.Options{}, newNode(t, nil))
	for name, value := range map[string]any{"a large number": int64(1<<53 + 1), "one of a list": []int64{1, -1<<53 - 1}, "an unknown type": uint8(1)} {
		objects := []wire.Object{{Properties: wire.Properties{"p": value}}}
		if _, err := client.Put(context.Background(), place, objects); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("%s: Put = %v; want ErrInvalid", name, err)
		}
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	one := []string{"localhost:1"}
	for name, o := range map[string]wire.Options{
		"no address":        {},
		"a path":            {Addresses: []string{"http://localhost:1/v1"}},
		"a password":        {Addresses: []string{"http://me:secret@localhost:1"}},
		"another scheme":    {Addresses: []string{"ftp://localhost:1"}},
		"too few of gRPC":   {Addresses: []string{"localhost:1", "localhost:2"}, GRPC: one},
		"gRPC without port": {Addresses: one, GRPC: []string{"localhost"}},
		"a consistency":     {Addresses: one, Write: "MOST"},
		"a negative time":   {Addresses: one, Timeout: -1},
		"a key with spaces": {Addresses: one, APIKey: domain.NewSecret("a b")},
	} {
		c, err := wire.New(o)
		if !errors.Is(err, domain.ErrInvalid) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: New = %v; want ErrInvalid without secrets", name, err)
		}
		if c != nil {
			_ = c.Close()
		}
	}
}

func TestBrokenMessagesAreErrors(t *testing.T) {
	n := newNode(t, nil)
	client := newClient(t, wire.Options{}, n)
	for _, message := range [][]byte{{0x12, 5, 1}, {0x12, 2, 0x0a, 9}, bytes.Repeat([]byte{0xff}, 20)} {
		n.answer(func(string, []byte) ([]byte, error) { return message, nil })
		if _, err := client.Search(context.Background(), query); err == nil {
			t.Errorf("Search of the answer %x gives no error", message)
		}
		if _, err := client.Put(context.Background(), place, some); err == nil {
			t.Errorf("Put with the answer %x gives no error", message)
		}
	}
}
