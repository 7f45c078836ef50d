package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/memista/memista/internal/adapters/weaviate/wire/nodes"
	"github.com/memista/memista/internal/domain"
)

// graphQL sends a query and reads its data into into.
func (c *Client) graphQL(ctx context.Context, name, query string, into any) error {
	raw, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return domain.Errorf(domain.ErrInvalid, "%s: %s", name, err.Error())
	}
	return c.observed(ctx, name, "graphql", func(ctx context.Context) error {
		return c.pool.Do(ctx, true, func(ctx context.Context, n *nodes.Node) error {
			var answer struct {
				Data   json.RawMessage `json:"data"`
				Errors []struct {
					Message string `json:"message"`
				} `json:"errors"`
			}
			err := c.try(ctx, n, call{name: name, method: http.MethodPost, path: "/v1/graphql", raw: raw, into: &answer})
			if err != nil {
				return err
			}
			if len(answer.Errors) > 0 {
				return saidIn200(n, answer.Errors[0].Message)
			}
			d := json.NewDecoder(bytes.NewReader(answer.Data))
			d.UseNumber()
			if err := d.Decode(into); err != nil {
				return fmt.Errorf("cluster node %s: %s: not what Weaviate answers: %w", n.REST, name, err)
			}
			return nil
		})
	})
}

// saidIn200 is an error inside an answer that has no status of its own.
func saidIn200(n *nodes.Node, message string) error {
	status := http.StatusUnprocessableEntity
	if transient(message) {
		status = http.StatusInternalServerError
	}
	return refused(n, status, message)
}

// transient reports whether a message is about replicas that could not be reached, which may
// be otherwise soon.
func transient(message string) bool {
	text := strings.ToLower(message)
	for _, part := range []string{
		"connection refused", "connection reset", "broken pipe", "eof", "timeout", "deadline exceeded", "cannot reach enough replicas", "cannot achieve consistency",
		"leader not found", "not ready", "no such host", "shutting down", "shutdown", "connect: ", "dial tcp", "unavailable", "status code: 5",
		"not yet loaded", "loading",
	} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// arguments writes what a query of GraphQL is limited to.
func arguments(p Place, f *Filter, more ...string) string {
	var b strings.Builder
	parts := more
	if p.Tenant != "" {
		parts = append(parts, "tenant:"+literal(p.Tenant))
	}
	if f != nil {
		f.rest().graphQL(&b)
		parts = append(parts, "where:"+b.String())
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, ",") + ")"
}

// searchGraphQL is Search by GraphQL.
func (c *Client) searchGraphQL(ctx context.Context, q Query) ([]Found, error) {
	found, err := c.searchLevel(ctx, q, "consistencyLevel:"+string(c.options.Read))
	if err != nil && strings.Contains(err.Error(), `Unknown argument "consistencyLevel"`) { // of a class with one copy
		return c.searchLevel(ctx, q)
	}
	return found, err
}

func (c *Client) searchLevel(ctx context.Context, q Query, args ...string) ([]Found, error) {
	args = append(args, "limit:"+strconv.Itoa(q.Limit))
	if q.Offset > 0 {
		args = append(args, "offset:"+strconv.Itoa(q.Offset))
	}
	in := ""
	if q.TextIn != nil {
		in = ",properties:" + literal(q.TextIn)
	}
	extra := "id"
	switch {
	case q.Vector != nil && q.Text != "":
		fusion := "relativeScoreFusion"
		if q.Ranked {
			fusion = "rankedFusion"
		}
		args = append(args, "hybrid:{query:"+literal(q.Text)+",vector:"+literal(q.Vector)+",alpha:"+literal(q.Alpha)+",fusionType:"+fusion+in+"}")
		extra += " score"
	case q.Text != "":
		args = append(args, "bm25:{query:"+literal(q.Text)+in+"}")
		extra += " score"
	case q.Vector != nil:
		args = append(args, "nearVector:{vector:"+literal(q.Vector)+"}")
		extra += " distance"
	}
	if q.WithVector {
		extra += " vector"
	}
	query := "{Get{" + q.Class + arguments(q.Place, q.Filter, args...) + "{" + strings.Join(q.Properties, " ") + " _additional{" + extra + "}}}}"
	var data struct{ Get map[string][]Properties }
	if err := c.graphQL(ctx, "search", query, &data); err != nil {
		return nil, err
	}
	found := make([]Found, len(data.Get[q.Class]))
	for i, o := range data.Get[q.Class] {
		found[i] = foundIn(o)
	}
	return found, nil
}

// foundIn reads a hit of GraphQL.
func foundIn(o Properties) Found {
	more, _ := o["_additional"].(map[string]any)
	delete(o, "_additional")
	for name, v := range o {
		if v == nil {
			delete(o, name)
		}
	}
	extra := Properties(more)
	f := Found{Object: Object{Properties: o}}
	f.ID, _ = uuid.Parse(extra.Text("id")) // Weaviate's ids are
	if d, ok := extra.Number("distance"); ok {
		f.Distance = float32(d)
	}
	if score, err := strconv.ParseFloat(extra.Text("score"), 32); err == nil { // a text, to Weaviate
		f.Score = float32(score)
	}
	if vector, ok := more["vector"].([]any); ok {
		f.Vector = make([]float32, len(vector))
		for i, v := range vector {
			if n, ok := v.(json.Number); ok {
				x, _ := strconv.ParseFloat(string(n), 32) // a number of JSON
				f.Vector[i] = float32(x)
			}
		}
	}
	return f
}

// countGraphQL is Count by GraphQL.
func (c *Client) countGraphQL(ctx context.Context, p Place, f *Filter) (int64, error) {
	var data struct {
		Aggregate map[string][]struct {
			Meta struct {
				Count int64 `json:"count"`
			} `json:"meta"`
		}
	}
	err := c.graphQL(ctx, "count", "{Aggregate{"+p.Class+arguments(p, f)+"{meta{count}}}}", &data)
	if err != nil || len(data.Aggregate[p.Class]) == 0 {
		return 0, err
	}
	return data.Aggregate[p.Class][0].Meta.Count, nil
}
