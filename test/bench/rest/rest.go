// Package rest is the HTTP client of benchmarks. It does as little as a client can, for it
// shares the processors with the server that it measures.
package rest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

// Conn is one HTTP/1.1 connection, opened by the first request, for one caller at a time.
type Conn struct {
	addr   string
	method string
	c      net.Conn
	r      *bufio.Reader
	out    []byte
	in     bytes.Buffer
}

// New returns a connection to a local server.
func New(addr string) *Conn { return &Conn{addr: addr, method: http.MethodPost} }

// WithMethod returns h, which sends another method than POST from now on.
func (h *Conn) WithMethod(method string) *Conn {
	h.method = method
	return h
}

// Do sends JSON and returns the body of the answer, valid until the next call. An answer
// of another status than 200 and 201 is an error.
func (h *Conn) Do(path string, body []byte) ([]byte, error) {
	if h.c == nil {
		c, err := net.Dial("tcp", h.addr) //nolint:noctx // a local server that is up
		if err != nil {
			return nil, err
		}
		h.c, h.r = c, bufio.NewReaderSize(c, 64<<10)
	}
	h.out = append(h.out[:0], h.method+" "+path+" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "...)
	h.out = append(strconv.AppendInt(h.out, int64(len(body)), 10), "\r\n\r\n"...)
	h.out = append(h.out, body...)
	if _, err := h.c.Write(h.out); err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(h.r, nil)
	if err != nil {
		return nil, err
	}
	h.in.Reset()
	_, err = io.Copy(&h.in, res.Body)
	_ = res.Body.Close() // read to its end
	if err == nil && res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s: %s: %.300s", path, res.Status, h.in.Bytes())
	}
	return h.in.Bytes(), err
}

// Close closes the connection; a later call of Do opens another.
func (h *Conn) Close() {
	if h.c != nil {
		_ = h.c.Close() // everything has been read
		h.c = nil
	}
}
