package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/memista/memista/internal/domain"
)

// refusalBytes is how much is read of an answer that only says what is wrong.
const refusalBytes = 64 << 10

// Call posts body as JSON to path, or gets path if body is nil, as often as it may do, and
// returns the answer, of at most most bytes. path is not escaped; what stands behind a
// question mark is a query, which is. Its error is a *Failure, that of ctx, or
// domain.ErrClosed. A wait that would not be over before the deadline of ctx is not begun:
// the failure of the last try is returned.
func (c *Client) Call(ctx context.Context, path string, body any, most int64) ([]byte, error) {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return nil, failed("the request: %v", err)
		}
	}
	if err := c.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-c.slots }()
	for failures := 1; ; failures++ {
		answer, f := c.try(ctx, path, raw, most)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if f == nil {
			return answer, nil
		}
		pause := c.options.pause(failures, f.RetryAfter)
		if !f.again || failures == c.options.Tries || f.RetryAfter > c.options.MaxWait || endsWithin(ctx, pause) {
			if failures > 1 {
				f.Message += fmt.Sprintf(", after %d tries", failures)
			}
			return nil, f
		}
		if c.options.Again != nil {
			c.options.Again(f, pause)
		}
		if err := c.wait(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// endsWithin reports whether ctx has a deadline that comes before d is over.
func endsWithin(ctx context.Context, d time.Duration) bool {
	at, ok := ctx.Deadline()
	return ok && time.Until(at) < d
}

// enter takes a slot. It is kept through all tries: while a provider has us wait, others
// need not try.
func (c *Client) enter(ctx context.Context) error {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.closing:
		return domain.ErrClosed
	}
	// Of several that are ready a select takes any.
	err := ctx.Err()
	select {
	case <-c.closing:
		err = domain.ErrClosed
	default:
	}
	if err != nil {
		<-c.slots
	}
	return err
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	select {
	case <-c.options.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.closing:
		return domain.ErrClosed
	}
}

// try makes one request. Its failure means nothing if ctx has ended.
func (c *Client) try(ctx context.Context, path string, raw []byte, most int64) ([]byte, *Failure) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	req, err := c.request(ctx, path, raw)
	if err != nil {
		return nil, failed("the request: %s", c.cause(err))
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	c.reached.Store(true)
	defer func() { _ = res.Body.Close() }() // it was only read
	if res.StatusCode/100 != 2 {
		body, _ := io.ReadAll(io.LimitReader(res.Body, refusalBytes)) // the status says enough
		return nil, c.refused(res, body)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if int64(len(body)) > most {
		f := failed("%s answered more than %d bytes", c.where, most)
		f.Oversize = true
		return nil, f
	}
	return body, nil
}

func (c *Client) request(ctx context.Context, path string, raw []byte) (*http.Request, error) {
	target := *c.base
	path, query, _ := strings.Cut(path, "?")
	target.Path += path
	if query != "" {
		target.RawQuery = query
	}
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if raw != nil {
		method, body = http.MethodPost, bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "memista")
	if raw != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key := c.options.Key; !key.Empty() {
		req.Header.Set("Authorization", "Bearer "+key.Reveal())
		if name := c.options.KeyHeader; name != "" {
			req.Header.Set(name, key.Reveal())
		}
	}
	return req, nil
}
