package wire_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
)

// node answers as a node of Weaviate does, as far as a test says.
type node struct {
	rest *httptest.Server
	grpc string

	calls   atomic.Int64 // of methods of gRPC that are no health checks
	stopped atomic.Bool  // it answers nothing until the caller gives up
	mu      sync.Mutex   // guards method
	method  func(name string, message []byte) ([]byte, error)
}

// answer replaces what methods of gRPC answer.
func (n *node) answer(method func(name string, message []byte) ([]byte, error)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.method = method
}

type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// newNode starts a node whose REST is served by rest; nil: it is ready and knows nothing else.
func newNode(t *testing.T, rest http.HandlerFunc) *node {
	t.Helper()
	n := &node{}
	n.rest = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.stopped.Load() {
			<-r.Context().Done()
			return
		}
		if strings.HasSuffix(r.URL.Path, "/ready") {
			return
		}
		if rest == nil {
			http.NotFound(w, r)
			return
		}
		rest(w, r)
	}))
	t.Cleanup(func() { n.rest.CloseClientConnections(); n.rest.Close() })
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.ForceServerCodecV2(rawCodec{}), grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		var message []byte
		if err := stream.RecvMsg(&message); err != nil {
			return err
		}
		if n.stopped.Load() {
			<-stream.Context().Done()
			return stream.Context().Err()
		}
		name, _ := grpc.MethodFromServerStream(stream)
		if strings.HasPrefix(name, "/grpc.health") {
			return stream.SendMsg([]byte{})
		}
		n.calls.Add(1)
		n.mu.Lock()
		method := n.method
		n.mu.Unlock()
		if method == nil {
			return stream.SendMsg([]byte{})
		}
		answer, err := method(name, message)
		if err != nil {
			return err
		}
		return stream.SendMsg(answer)
	}))
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	n.grpc = l.Addr().String()
	return n
}

// newClient returns a client of nodes.
func newClient(t *testing.T, o wire.Options, ns ...*node) *wire.Client {
	t.Helper()
	for _, n := range ns {
		o.Addresses, o.GRPC = append(o.Addresses, n.rest.URL), append(o.GRPC, n.grpc)
	}
	c, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// events is an Observer that keeps what it is told.
type events struct {
	mu   sync.Mutex
	list []string
}

func (e *events) add(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, fmt.Sprintf(format, args...))
}

func (e *events) Requested(name, protocol string, _ time.Duration, err error) {
	e.add("%s by %s, failed: %v", name, protocol, err != nil)
}

func (e *events) Repeated(string, error) { e.add("repeated") }

func (e *events) Changed(_ string, err error) { e.add("changed, down: %v", err != nil) }

func (e *events) has(text string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.list {
		if s == text {
			return true
		}
	}
	return false
}
