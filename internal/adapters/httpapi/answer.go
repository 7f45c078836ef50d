package httpapi

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/gin-gonic/gin"
)

var jsonType = []string{"application/json; charset=utf-8"}

// send answers with body, which is JSON. The request gives its place to the next one
// first: how fast its caller reads must not matter to others.
func send(c *gin.Context, status int, body []byte) {
	if k, ok := c.Get(callKey{}); ok {
		k.(*call).leave()
	}
	header := c.Writer.Header()
	header["Content-Type"] = jsonType
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
