package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/memista/memista/internal/adapters/weaviate/wire/nodes"
	"github.com/memista/memista/internal/domain"
)

// maxAnswer is the most bytes that an answer may have.
const maxAnswer = 256 << 20

// call is a request of REST.
type call struct {
	name       string // for metrics and traces
	method     string
	path       string // with its query, escaped
	body       any    // sent as JSON; nil: none
	into       any    // what the answer is read into as JSON; nil: it is not read
	repeatable bool   // making it twice does the same as once

	raw []byte // body as JSON
}

// rest makes a call on one node after the other.
func (c *Client) rest(ctx context.Context, r call) error {
	if r.body != nil {
		raw, err := json.Marshal(r.body)
		if err != nil {
			return domain.Errorf(domain.ErrInvalid, "%s: %s", r.name, err.Error())
		}
		r.raw = raw
	}
	return c.observed(ctx, r.name, "rest", func(ctx context.Context) error {
		return c.pool.Do(ctx, r.repeatable, func(ctx context.Context, n *nodes.Node) error { return c.try(ctx, n, r) })
	})
}

// try makes a call on n.
func (c *Client) try(ctx context.Context, n *nodes.Node, r call) error {
	req, err := http.NewRequestWithContext(ctx, r.method, n.REST+r.path, bytes.NewReader(r.raw))
	if err != nil {
		return domain.Errorf(domain.ErrInvalid, "%s: %s", r.name, err.Error())
	}
	if r.raw != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if !c.options.APIKey.Empty() {
		req.Header.Set("Authorization", "Bearer "+c.options.APIKey.Reveal())
	}
	if c.options.Tracer != nil {
		propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(req.Header))
	}
	res, err := c.http.Do(req)
	if err != nil {
		return unreached(ctx, n, err)
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return unreached(ctx, n, err)
	case len(body) > maxAnswer:
		return domain.Errorf(domain.ErrTooLarge, "cluster node %s: its answer has more than %d bytes", n.REST, maxAnswer)
	case res.StatusCode < 200 || res.StatusCode > 299:
		return refused(n, res.StatusCode, messageIn(res.StatusCode, body))
	case r.into == nil:
		return nil
	}
	if err := json.Unmarshal(body, r.into); err != nil {
		return fmt.Errorf("cluster node %s: %s: not what Weaviate answers: %w", n.REST, r.path, err)
	}
	return nil
}

// observed makes a request of all its tries seen in metrics and traces.
func (c *Client) observed(ctx context.Context, name, protocol string, do func(context.Context) error) error {
	if c.options.Observer == nil && c.options.Tracer == nil {
		return do(ctx)
	}
	ctx, end := c.span(ctx, name, protocol)
	start := time.Now()
	err := do(ctx)
	end(err)
	if c.options.Observer != nil {
		c.options.Observer.Requested(name, protocol, time.Since(start), err)
	}
	return err
}
