package wire

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// Place is where objects lie: a class, and a tenant of it if it has any.
type Place struct {
	Class  string
	Tenant string
}

// Object is one object. Vector is what was sent, in float32; nil if it was not asked for.
type Object struct {
	ID         uuid.UUID
	Vector     []float32
	Properties Properties
}

// restObject is an Object as REST has it.
type restObject struct {
	Class      string     `json:"class"`
	Tenant     string     `json:"tenant,omitempty"`
	ID         uuid.UUID  `json:"id"`
	Vector     []float32  `json:"vector,omitempty"`
	Properties Properties `json:"properties,omitempty"`
}

func (o restObject) object() Object { return Object{o.ID, o.Vector, o.Properties} }

// objectPath is the path of one object with its query.
func (c *Client) objectPath(p Place, id uuid.UUID, level Consistency, vector bool) string {
	q := url.Values{}
	if level != "" {
		q.Set("consistency_level", string(level))
	}
	if p.Tenant != "" {
		q.Set("tenant", p.Tenant)
	}
	if vector {
		q.Set("include", "vector")
	}
	return "/v1/objects/" + url.PathEscape(p.Class) + "/" + id.String() + "?" + q.Encode()
}

// Object returns one object as the replicas agree on it at the consistency of reads. One that
// is not there is ErrNotFound, as is a class or a tenant.
func (c *Client) Object(ctx context.Context, p Place, id uuid.UUID, vector bool) (Object, error) {
	var o restObject
	path := c.objectPath(p, id, c.options.Read, vector)
	err := c.rest(ctx, call{name: "get", method: http.MethodGet, path: path, into: &o, repeatable: true})
	return o.object(), err
}

// Objects returns those of ids that are there, each at its place, as Object does; where there
// is none found is false. They are read one by one, 16 at a time: a search reads many faster,
// but from one replica.
func (c *Client) Objects(ctx context.Context, p Place, ids []uuid.UUID, vector bool) (objects []Object, found []bool, err error) {
	const together = 16
	objects, found = make([]Object, len(ids)), make([]bool, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for i, id := range ids {
		group.Go(func() error {
			var err error
			objects[i], err = c.Object(ctx, p, id, vector)
			if r, ok := errors.AsType[*Refusal](err); ok && r.Status == http.StatusNotFound {
				return nil
			}
			found[i] = err == nil
			return err
		})
	}
	return objects, found, group.Wait()
}

// List returns up to limit objects of a place in the order of their ids, from the first whose
// id is greater than after; of the zero id from the beginning. It reads one replica.
func (c *Client) List(ctx context.Context, p Place, after uuid.UUID, limit int, vector bool) ([]Object, error) {
	q := url.Values{"class": {p.Class}, "limit": {strconv.Itoa(limit)}}
	if p.Tenant != "" {
		q.Set("tenant", p.Tenant)
	}
	if after != uuid.Nil {
		q.Set("after", after.String())
	} else {
		q.Set("after", "")
	}
	if vector {
		q.Set("include", "vector")
	}
	var answer struct {
		Objects []restObject `json:"objects"`
	}
	err := c.rest(ctx, call{name: "list", method: http.MethodGet, path: "/v1/objects?" + q.Encode(), into: &answer, repeatable: true})
	objects := make([]Object, len(answer.Objects))
	for i, o := range answer.Objects {
		objects[i] = o.object()
	}
	return objects, err
}

// Delete deletes one object. One that is not there is no error.
func (c *Client) Delete(ctx context.Context, p Place, id uuid.UUID) error {
	path := c.objectPath(p, id, c.options.Write, false)
	err := c.rest(ctx, call{name: "delete", method: http.MethodDelete, path: path, repeatable: true})
	if r, ok := errors.AsType[*Refusal](err); ok && r.Status == http.StatusNotFound {
		return nil
	}
	return err
}
