package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

// rest is one HTTP/1.1 connection. It does as little as a client can, for it shares the
// processors with the server that it measures.
type rest struct {
	addr string
	c    net.Conn
	r    *bufio.Reader
	out  []byte
	in   bytes.Buffer
}

func newREST(addr string) *rest { return &rest{addr: addr} }

func (h *rest) do(path string, body []byte) ([]byte, error) {
	if h.c == nil {
		c, err := net.Dial("tcp", h.addr) //nolint:noctx // a local server that is up
		if err != nil {
			return nil, err
		}
		h.c, h.r = c, bufio.NewReaderSize(c, 64<<10)
	}
	h.out = append(h.out[:0], "POST "+path+" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "...)
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
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.300s", path, res.Status, h.in.Bytes())
	}
	return h.in.Bytes(), err
}

func (h *rest) close() {
	if h.c != nil {
		_ = h.c.Close() // everything has been read
	}
}
