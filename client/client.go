package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Client calls one server. It is safe for concurrent use.
type Client struct {
	base string
	key  string
	http *http.Client
}

// Options are the choices for New. The zero value, and nil, mean the defaults.
type Options struct {
	// HTTP carries the requests; nil is a client of our own, without a time limit: the
	// contexts of the calls have them.
	HTTP *http.Client
	// APIKey is sent with every request; "" is none. Over anything but loopback use an
	// https address, or everybody on the way can read it.
	APIKey string
}

// New returns a client of the server at base, such as "http://127.0.0.1:8083". It sends
// nothing yet. opts may be nil.
func New(base string, opts *Options) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("client: address of the server: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("client: address of the server is %q, not of the form http://host:port", base)
	}
	c := &Client{base: strings.TrimRight(u.String(), "/")}
	if opts != nil {
		c.http, c.key = opts.HTTP, opts.APIKey
	}
	if c.http == nil {
		// The default transport keeps two connections per server, so more callers than
		// that would open a new one for each request.
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 64
		c.http = &http.Client{Transport: t}
	}
	return c, nil
}

// Close closes the connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Error is an answer that says why the server refused a request.
type Error struct {
	Status    int    // of HTTP
	Code      string // for programs: "not_found", "dimension_mismatch", …
	Message   string // for people: what is wrong and what to do
	RequestID string // under which the server's log has it
}

// Error returns the server's text.
func (e *Error) Error() string { return e.Message }

// IsNotFound reports whether err says that there is no such database or chunk.
func IsNotFound(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == "not_found"
}

// maxAnswer bounds what is read of an answer that is an error.
const maxAnswer = 1 << 20

// call sends body, if not nil, to path and decodes the answer into out, if not nil.
func (c *Client) call(ctx context.Context, method, path string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // all that matters of it has been read
	if res.StatusCode/100 != 2 {
		return refusal(res)
	}
	if out == nil {
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("%s %s: answer: %w", method, path, err)
	}
	_, err = io.Copy(io.Discard, res.Body) // so that the connection serves the next call
	return err
}

// refusal turns an answer of another status than 2xx into an *Error.
func refusal(res *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	var sent struct {
		Error     string `json:"error"`
		Code      string `json:"code"`
		RequestID string `json:"request_id"`
	}
	if json.Unmarshal(raw, &sent) != nil || sent.Error == "" {
		// Something between us and memista has answered.
		return &Error{Status: res.StatusCode, Message: res.Status + " from " + res.Request.URL.Host}
	}
	return &Error{Status: res.StatusCode, Code: sent.Code, Message: sent.Error, RequestID: sent.RequestID}
}
