package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Client calls one server. It is safe for concurrent use.
//
// Where the server answers 429 or 503, the client waits as long as Retry-After says, or
// from a tenth of a second on twice as long each time, and a random part more, and sends
// the request again; it gives up early where the context would end meanwhile. That is
// safe for every request when memista itself has answered, for nothing has been stored
// then. An answer by something between (a proxy whose server has gone away, say) may come
// after memista has done what was asked. So it is followed by another try only where doing
// the same twice is doing it once: everything except an insert of chunks without keys,
// which would be there twice, and one that refuses keys which exist, which would find its
// own. For the same reason a request whose connection broke is never sent again: give
// chunks keys, and call Insert again.
type Client struct {
	base     string
	key      string
	http     *http.Client
	again    retries
	compress bool
}

// Options are the choices for New. The zero value, and nil, mean the defaults.
type Options struct {
	// HTTP carries the requests; nil is a client of our own, without a time limit: the
	// contexts of the calls have them. It takes compressed answers, unless the server is
	// on this machine, where compressing costs more than sending.
	HTTP *http.Client
	// Compress sends requests above 16 KiB compressed with gzip. It pays over slow
	// networks, and where chunks have much text: embeddings shrink by a quarter only.
	Compress bool
	// APIKey is sent with every request; "" is none. Over anything but loopback use an
	// https address, or everybody on the way can read it.
	APIKey string
	// Retries is how often a request is sent again that the server had no room for (429)
	// or was not ready for (503); 0 means 4, less than 0 never. Client says what is sent
	// again, and what is not.
	Retries int
}

// New returns a client of the server at base, such as "http://127.0.0.1:8083". It sends
// nothing yet. opts may be nil.
func New(base string, opts *Options) (*Client, error) {
	if base != "" && !strings.Contains(base, "://") { // of which url.Parse says something else
		return nil, fmt.Errorf("client: address of the server is %q: write it with http:// or https:// in front", base)
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("client: address of the server: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("client: address of the server is %q, not of the form http://host:port", base)
	}
	c := &Client{base: strings.TrimRight(u.String(), "/")}
	if opts == nil {
		opts = &Options{}
	}
	c.http, c.key, c.compress = opts.HTTP, opts.APIKey, opts.Compress
	if c.again = retries(opts.Retries); opts.Retries == 0 {
		c.again = defaultRetries
	}
	if c.http == nil {
		// The default transport keeps two connections per server, so more callers than
		// that would open a new one for each request.
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 64
		t.DisableCompression = loopback(u.Hostname())
		c.http = &http.Client{Transport: t}
	}
	return c, nil
}

// loopback reports whether host names this machine.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

var _ Service = (*Client)(nil)

// Close closes the connections that are not in use. It returns nil.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// request is what is sent.
type request struct {
	method, path string
	body         []byte // nil: none
	// once marks a request that does something else when it is done twice.
	once bool
}

// call sends a request that may be done twice; see do.
func (c *Client) call(ctx context.Context, method, path string, body []byte, out any) error {
	return c.do(ctx, request{method: method, path: path, body: body}, out)
}

// do sends r, again where that is safe and of use, and decodes the answer into out, if
// not nil.
func (c *Client) do(ctx context.Context, r request, out any) error {
	for try := 0; ; try++ {
		err := c.send(ctx, r, out)
		if err == nil || !c.again.wait(ctx, r, try, err) {
			return err
		}
	}
}

// send sends r once.
func (c *Client) send(ctx context.Context, r request, out any) error {
	res, err := c.exchange(ctx, r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // all that matters of it has been read
	if out == nil {
		_, err = io.Copy(io.Discard, res.Body)
		return err
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("%s %s: answer: %w", r.method, r.path, err)
	}
	_, err = io.Copy(io.Discard, res.Body) // so that the connection serves the next call
	return err
}

// exchange sends r once. An answer that is an error is returned as one; the body of any other
// is the caller's to close.
func (c *Client) exchange(ctx context.Context, r request) (*http.Response, error) {
	if path, _, _ := strings.Cut(r.path, "?"); strings.HasSuffix(path, "/") || strings.Contains(path, "//") {
		return nil, refuse(invalid, "the id of a database and a key cannot be empty")
	}
	body, packed := r.body, c.compress && len(r.body) > compressAbove
	if packed {
		body = pack(body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if packed {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 != 2 {
		defer func() { _ = res.Body.Close() }() // all that matters of it is read here
		return nil, refusal(res)
	}
	return res, nil
}
