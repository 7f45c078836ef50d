package wire_test

import (
	"context"
	"net"
	"sync"
	"testing"
)

// proxy passes connections on to a node, until it is told to do worse.
type proxy struct {
	listener net.Listener
	to       string

	mu     sync.Mutex // guards all below
	mode   mode
	conns  map[net.Conn]struct{}
	change chan struct{} // closed when mode changes
}

// mode is what a proxy does.
type mode int

const (
	passing   mode = iota
	dropping       // nothing gets through, and nobody is told
	resetting      // connections are closed, new ones too
)

// newProxy starts a proxy to an address.
func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: to, conns: map[net.Conn]struct{}{}, change: make(chan struct{})}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.set(resetting)
		wait.Wait()
	})
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// set changes what the proxy does.
func (p *proxy) set(m mode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = m
	close(p.change)
	p.change = make(chan struct{})
	if m == resetting {
		for conn := range p.conns {
			_ = conn.Close()
		}
	}
}

// wait returns when bytes may pass; false: the connection is to be closed.
func (p *proxy) wait() bool {
	for {
		p.mu.Lock()
		m, change := p.mode, p.change
		p.mu.Unlock()
		if m != dropping {
			return m == passing
		}
		<-change
	}
}

func (p *proxy) keep(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[conn] = struct{}{}
}

func (p *proxy) serve(from net.Conn) {
	defer from.Close()
	p.keep(from)
	if !p.wait() {
		return
	}
	to, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.to)
	if err != nil {
		return
	}
	defer to.Close()
	p.keep(to)
	var both sync.WaitGroup
	pass := func(dst, src net.Conn) {
		defer dst.Close()
		defer src.Close()
		buffer := make([]byte, 32<<10)
		for {
			n, err := src.Read(buffer)
			if !p.wait() {
				return
			}
			if _, e := dst.Write(buffer[:n]); e != nil || err != nil {
				return
			}
		}
	}
	both.Go(func() { pass(to, from) })
	both.Go(func() { pass(from, to) })
	both.Wait()
}
