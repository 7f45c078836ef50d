package mcp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// Options are the choices of a server.
type Options struct {
	Write   bool   // offer the tools that write, to callers who may
	Version string // of the program, which clients are told
}

// Serve speaks to the client at the other end of in and out, one message a line, until ctx
// ends, or in does and what it asked is answered. It writes nothing else to out. log receives
// defects; the errors of calls go to the client.
func Serve(ctx context.Context, uses UseCases, o Options, in io.Reader, out io.Writer, log *slog.Logger) error {
	m := maker{
		version: o.Version, write: o.Write, explain: func(err error) string { return err.Error() },
		broken: func(err error) { log.Error("a call has failed", "error", err) },
	}
	to := &shared{out: out}
	from := newLines(in, to)
	err := m.server(ctx, uses).Run(ctx, stream{&sdk.IOTransport{Reader: io.NopCloser(from), Writer: to}})
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// stream is a transport whose end waits for what is left to answer: the SDK drops that.
type stream struct{ sdk.Transport }

// Connect implements sdk.Transport.
func (s stream) Connect(ctx context.Context) (sdk.Connection, error) {
	c, err := s.Transport.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &patient{Connection: c, closed: make(chan struct{}), answered: make(chan struct{}, 1)}, nil
}

// patient is a connection that has not ended before every call is answered.
type patient struct {
	sdk.Connection

	once     sync.Once
	closed   chan struct{}
	answered chan struct{} // has an element where open may be less than it was

	mu   sync.Mutex
	open int // calls without an answer; guarded by mu
}

// Read implements sdk.Connection.
func (p *patient) Read(ctx context.Context) (jsonrpc.Message, error) {
	msg, err := p.Connection.Read(ctx)
	if req, ok := msg.(*jsonrpc.Request); ok && req.IsCall() {
		p.count(1)
	}
	if errors.Is(err, io.EOF) {
		p.wait(ctx)
	}
	return msg, err
}

// Write implements sdk.Connection.
func (p *patient) Write(ctx context.Context, msg jsonrpc.Message) error {
	err := p.Connection.Write(ctx, msg)
	if _, ok := msg.(*jsonrpc.Response); ok {
		p.count(-1)
	}
	return err
}

// Close implements sdk.Connection.
func (p *patient) Close() error {
	p.once.Do(func() { close(p.closed) })
	return p.Connection.Close()
}

func (p *patient) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open += n
	if n > 0 {
		return
	}
	select {
	case p.answered <- struct{}{}:
	default: // there is one already
	}
}

func (p *patient) busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open > 0
}

func (p *patient) wait(ctx context.Context) {
	for p.busy() {
		select {
		case <-p.answered:
		case <-p.closed:
			return
		case <-ctx.Done():
			return
		}
	}
}
