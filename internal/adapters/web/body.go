package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/memista/memista/internal/adapters/web/compress"
	"github.com/memista/memista/internal/domain"
)

// maxPooled is how many bytes the buffers may have that are kept for the next request:
// those of a few large requests are left to the garbage collector.
const maxPooled = 8 << 20

// buffers holds *[]byte for the bodies of requests and answers.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// Body reads the body of the request, at most Options.BodyLimit bytes, waits for a slot
// of the concurrency limit, and calls fn with the body, which is valid until fn returns.
// Every route that takes a body reads it so, or with InsertBody.
func (c *Call) Body(fn func(body []byte) error) error { return c.withBody(c.h.opts.BodyLimit, fn) }

// InsertBody is Body with at most Options.InsertBodyLimit bytes.
func (c *Call) InsertBody(fn func(body []byte) error) error {
	return c.withBody(c.h.opts.InsertBodyLimit, fn)
}

func (c *Call) withBody(limit int64, fn func(body []byte) error) error {
	buf := buffers.Get().(*[]byte)
	body, err := c.readBody(limit, (*buf)[:0])
	if err == nil {
		err = c.acquire()
	}
	if err == nil {
		err = fn(body)
	}
	if cap(body) <= maxPooled {
		*buf = body
		buffers.Put(buf)
	}
	return err
}

// readBody appends the body to b, decompressed if need be.
func (c *Call) readBody(limit int64, b []byte) ([]byte, error) {
	coding, err := compress.Of(c.Request.Header["Content-Encoding"])
	switch {
	case err != nil:
		c.Header().Set("Accept-Encoding", compress.Supported)
		return b, err
	case coding == compress.Identity || c.Request.ContentLength == 0:
		return c.receive(limit, limit, b)
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	sent, err := c.receive(compress.Limited(limit), limit, (*buf)[:0])
	if cap(sent) <= maxPooled {
		*buf = sent
	}
	if err != nil {
		return b, err
	}
	b, err = c.h.load.decoder.Decode(c.Context(), coding, b, sent, limit, c.takeMemory)
	c.freeMemory(int64(len(sent)))
	if err != nil {
		err = decodeError(err, limit)
	}
	return b, err
}

// decodeError is err of a Decoder as one of ours.
func decodeError(err error, limit int64) error {
	switch {
	case errors.Is(err, compress.ErrTooLarge):
		return tooLarge(limit)
	case errors.Is(err, compress.ErrBroken):
		return domain.Errorf(domain.ErrInvalid, "%v", err)
	}
	return err // no memory, or no time
}

// receive appends the body as it was sent to b, at most most bytes. One that says
// beforehand that it is too large is refused unread, with an error that names limit.
func (c *Call) receive(most, limit int64, b []byte) ([]byte, error) {
	size := c.Request.ContentLength
	if size > most {
		return b, tooLarge(limit)
	}
	c.bodyRead = true
	if size == 0 {
		return b, nil
	}
	start := time.Now()
	conn := http.NewResponseController(c.gin.Writer)
	// A size is only a promise: until the first part of a large body has come, no more
	// memory is given to it than to any other.
	const firstPart = 64 << 10
	b = grown(b, int(min(max(size, 512), firstPart))+1)
	r := http.MaxBytesReader(c.gin.Writer, c.Request.Body, most)
	for deadline := false; ; deadline = true {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if full := c.takeMemory(n); full != nil {
			c.closeAfter() // or net/http would read on to reuse it
			return b, full
		}
		switch {
		case errors.Is(err, io.EOF):
			if deadline {
				_ = conn.SetReadDeadline(time.Time{}) // net/http sets the next one
			}
			return b, nil
		case err != nil:
			if _, over := errors.AsType[*http.MaxBytesError](err); over {
				c.closeAfter()
			}
			return b, bodyError(err, limit)
		}
		// Where there is no connection, as in a test, there is nothing to wait for either.
		_ = conn.SetReadDeadline(c.h.load.limits.bodyDeadline(start, len(b)))
		if len(b) == cap(b) {
			b = grown(b, max(min(int(size)+1, 8*cap(b)), 2*cap(b)))
		}
	}
}

// grown returns b with a capacity of at least size.
func grown(b []byte, size int) []byte {
	if cap(b) >= size {
		return b
	}
	return append(make([]byte, 0, size), b...)
}

func bodyError(err error, limit int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(limit)
	}
	return domain.Errorf(domain.ErrInvalid, "the request body ended early or came too slowly")
}

func tooLarge(limit int64) error {
	return domain.Errorf(domain.ErrTooLarge, "request body is larger than %s: send it in smaller parts", bytesText(limit))
}

func bytesText(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
