package web

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/memista/memista/internal/adapters/web/compress"
)

var jsonType = []string{"application/json; charset=utf-8"}

// Send answers with body, which is JSON, compressed if it is long and the caller accepts
// that. The request then gives its slot to the next one, before the answer is sent: how
// fast its caller reads must not matter to others.
func (c *Call) Send(status int, body []byte) {
	c.Header()["Content-Type"] = jsonType
	c.write(status, body)
}

// SendAs is Send for answers of another media type.
func (c *Call) SendAs(mediaType string, status int, body []byte) {
	c.Header()["Content-Type"] = []string{mediaType}
	c.write(status, body)
}

// SendValue is Send with v as JSON.
func (c *Call) SendValue(status int, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	c.Send(status, b.Bytes())
	return nil
}

// SendAppended is Send with what fill appends to memory that earlier answers have used.
// It sends nothing if fill fails.
func (c *Call) SendAppended(status int, fill func(b []byte) ([]byte, error)) error {
	buf := buffers.Get().(*[]byte)
	out, err := fill((*buf)[:0])
	if err == nil {
		c.Send(status, out)
	}
	if cap(out) <= maxPooled {
		*buf = out
		buffers.Put(buf)
	}
	return err
}

// SendMetrics answers with all metrics, in the format that the caller asks for.
func (c *Call) SendMetrics(status int) error {
	var b bytes.Buffer
	mediaType, err := c.h.metrics.Write(&b, c.Request.Header)
	if err != nil {
		return err
	}
	c.SendAs(mediaType, status, b.Bytes())
	return nil
}

func (c *Call) write(status int, body []byte) {
	if c.routed && len(body) > c.h.opts.CompressAbove {
		buf := buffers.Get().(*[]byte)
		defer buffers.Put(buf)
		body = c.compressed(body, buf)
	}
	c.release()
	c.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	c.gin.Writer.WriteHeader(status)
	_, _ = c.gin.Writer.Write(body) // a caller that has gone cannot be told
}

// compressed returns body in the coding that the caller prefers, in memory that it takes
// from buf and leaves there.
func (c *Call) compressed(body []byte, buf *[]byte) []byte {
	c.Header().Add("Vary", "Accept-Encoding")
	coding := compress.Accepted(c.Request.Header["Accept-Encoding"])
	if coding == compress.Identity {
		return body
	}
	c.Header()["Content-Encoding"] = []string{coding.String()}
	out := coding.Append((*buf)[:0], body)
	if cap(out) <= maxPooled {
		*buf = out
	}
	return out
}
