package wire

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/domain"
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

// PutResult says what became of one object of a batch; nil: it is stored.
type PutResult = error

// Put stores objects, each in place of one with its id, at the consistency of writes. The
// results are in the order of objects; err is set where nothing is known of any. An object
// that is refused may be stored all the same, as Weaviate writes it before it indexes its
// vector: dimensions have to be checked before. A batch is not atomic. It is repeated where
// no answer came, so that a delete of another caller in between may be undone.
func (c *Client) Put(ctx context.Context, p Place, objects []Object) ([]PutResult, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	for i := range objects {
		if err := objects[i].check(); err != nil {
			return nil, domain.At(err, "objects["+strconv.Itoa(i)+"]")
		}
	}
	return c.putREST(ctx, p, objects)
}

// putREST is Put by REST.
func (c *Client) putREST(ctx context.Context, p Place, objects []Object) ([]PutResult, error) {
	type request struct {
		Objects []restObject `json:"objects"`
		Fields  []string     `json:"fields"` // of the answer
	}
	body := request{Fields: []string{"id"}}
	for _, o := range objects {
		body.Objects = append(body.Objects, restObject{p.Class, p.Tenant, o.ID, o.Vector, o.Properties})
	}
	var answer []struct {
		Result struct {
			Errors struct {
				Error []struct {
					Message string `json:"message"`
				} `json:"error"`
			} `json:"errors"`
		} `json:"result"`
	}
	path := "/v1/batch/objects?consistency_level=" + string(c.options.Write)
	if err := c.rest(ctx, call{name: "put", method: http.MethodPost, path: path, body: body, into: &answer, repeatable: true}); err != nil {
		return nil, err
	}
	if len(answer) != len(objects) {
		return nil, domain.Errorf(domain.ErrUnavailable, "the cluster answered %d objects of a batch of %d", len(answer), len(objects))
	}
	results := make([]PutResult, len(objects))
	for i, a := range answer {
		if len(a.Result.Errors.Error) > 0 {
			results[i] = itemRefused(a.Result.Errors.Error[0].Message)
		}
	}
	return results, nil
}

// itemRefused is what became of an object of a batch that was refused.
func itemRefused(message string) error {
	status := http.StatusUnprocessableEntity
	if transient(message) {
		status = http.StatusServiceUnavailable
	}
	return &Refusal{Kind: kindOf(status, message), Status: status, Message: clip(message), Node: "of a batch"}
}

// check refuses what would change on its way.
func (o *Object) check() error {
	for name, v := range o.Properties {
		whole := []int64{}
		switch v := v.(type) {
		case int64:
			whole = append(whole, v)
		case []int64:
			whole = v
		case string, bool, float64, []string, []bool, []float64:
		default:
			if !isTime(v) {
				return domain.Errorf(domain.ErrInvalid, "property %s has a value of type %T, which is none of Weaviate's", name, v)
			}
		}
		for _, n := range whole {
			if n > 1<<53 || n < -1<<53 {
				return domain.Errorf(domain.ErrInvalid, "property %s: %d is beyond ±2^53, up to which Weaviate keeps whole numbers", name, n)
			}
		}
	}
	return nil
}
