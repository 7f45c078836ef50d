package httpapi

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/httpapi/compress"
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
			header.Add("Vary", "Accept-Encoding")
			if coding := compress.Accepted(c.Request.Header["Accept-Encoding"]); coding != compress.Identity {
				buf := bodies.Get().(*[]byte)
				defer func() {
					if cap(body) <= maxPooled {
						*buf = body
					}
					bodies.Put(buf)
				}()
				body = coding.Append((*buf)[:0], body)
				header["Content-Encoding"] = []string{coding.String()}
			}
		}
		k.leave()
	}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	c.Writer.WriteHeader(status)
	_, _ = c.Writer.Write(body) // a caller that has gone has nobody to tell
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
