package httpapi

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/compress"
)

var jsonType = []string{"application/json; charset=utf-8"}

// send answers with body, which is JSON, compressed if it is long and the caller takes
// that. The request then gives its place to the next one, before the answer is sent: how
// fast its caller reads must not matter to others.
func send(c *gin.Context, status int, body []byte) {
	c.Writer.Header()["Content-Type"] = jsonType
	write(c, status, body)
}

// write is send for answers of any type.
func write(c *gin.Context, status int, body []byte) {
	header := c.Writer.Header()
	if v, ok := c.Get(callKey{}); ok {
		k := v.(*call)
		if len(body) > k.gate.compressAbove {
			buf := bodies.Get().(*[]byte)
			defer bodies.Put(buf)
			body = compressed(c, body, buf)
		}
		k.leave()
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	c.Writer.WriteHeader(status)
	_, _ = c.Writer.Write(body) // a caller that has gone has nobody to tell
}

// compressed returns body in the coding that the caller likes best, in memory that it
// takes from buf and leaves there.
func compressed(c *gin.Context, body []byte, buf *[]byte) []byte {
	header := c.Writer.Header()
	header.Add("Vary", "Accept-Encoding")
	coding := compress.Accepted(c.Request.Header["Accept-Encoding"])
	if coding == compress.Identity {
		return body
	}
	header["Content-Encoding"] = []string{coding.String()}
	out := coding.Append((*buf)[:0], body)
	if cap(out) <= maxPooled {
		*buf = out
	}
	return out
}

// sendValue answers with v as JSON.
func sendValue(c *gin.Context, status int, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	send(c, status, b.Bytes())
	return nil
}
