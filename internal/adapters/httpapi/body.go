package httpapi

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/compress"
	"github.com/memista/memista/internal/domain"
)

// Buffers above maxPooled bytes are left to the garbage collector: a few large requests
// must not become memory that is held for good.
const maxPooled = 8 << 20

// bodies holds *[]byte for request bodies.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

// withBody reads the body of c, at most limit bytes, waits until the request has its
// place among those under way, and calls fn with the body, which is valid until fn
// returns. Every route that takes a body reads it so.
func withBody(c *gin.Context, limit int64, fn func(body []byte) error) error {
	buf := bodies.Get().(*[]byte)
	body, err := readBody(c, limit, (*buf)[:0])
	if err == nil {
		err = callOf(c).enter(c.Request.Context())
	}
	if err == nil {
		err = fn(body)
	}
	if cap(body) <= maxPooled {
		*buf = body
		bodies.Put(buf)
	}
	return err
}

// readBody appends the body to b, decompressed if need be.
func readBody(c *gin.Context, limit int64, b []byte) ([]byte, error) {
	coding, err := compress.Of(c.Request.Header["Content-Encoding"])
	switch {
	case err != nil:
		c.Header("Accept-Encoding", compress.Supported)
		return b, err
	case coding == compress.Identity || c.Request.ContentLength == 0:
		return receive(c, limit, limit, b)
	}
	buf := bodies.Get().(*[]byte)
	defer bodies.Put(buf)
	sent, err := receive(c, compress.Limited(limit), limit, (*buf)[:0])
	if cap(sent) <= maxPooled {
		*buf = sent
	}
	if err != nil {
		return b, err
	}
	k := callOf(c)
	b, err = k.gate.decoder.Decode(c.Request.Context(), coding, b, sent, limit, k.hold)
	k.release(len(sent))
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
// beforehand that it is too large is refused unread; limit is what is told then.
func receive(c *gin.Context, most, limit int64, b []byte) ([]byte, error) {
	size := c.Request.ContentLength
	if size > most {
		return b, tooLarge(limit)
	}
	k := callOf(c)
	k.read = true
	if size == 0 {
		return b, nil
	}
	start := time.Now()
	pace := http.NewResponseController(c.Writer)
	// A size is only a promise: until the first part of a large body has come, no more
	// memory is given to it than to any other.
	const firstPart = 64 << 10
	b = grown(b, int(min(max(size, 512), firstPart))+1)
	r := http.MaxBytesReader(c.Writer, c.Request.Body, most)
	for paced := false; ; paced = true {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if full := k.hold(n); full != nil {
			closeAfter(c) // or net/http would read on to reuse it
			return b, full
		}
		switch {
		case errors.Is(err, io.EOF):
			if paced {
				_ = pace.SetReadDeadline(time.Time{}) // net/http sets the next one
			}
			return b, nil
		case err != nil:
			if _, over := errors.AsType[*http.MaxBytesError](err); over {
				closeAfter(c)
			}
			return b, bodyError(err, limit)
		}
		// Where there is no connection, as in a test, there is nothing to wait for either.
		_ = pace.SetReadDeadline(k.gate.limits.due(start, len(b)))
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
