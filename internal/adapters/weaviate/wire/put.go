package wire

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/memista/memista/internal/domain"
)

// batchBytes is how large a message of a batch may grow, so that a try of it does not take
// long; Weaviate takes 100 MB.
const batchBytes = 4 << 20

// Put stores objects, each in place of one with its id, at the consistency of writes. The
// results are in the order of objects, nil for one that is stored; err is set where nothing
// is known of some. An object that is refused may be stored all the same, as Weaviate writes
// it before it indexes its vector: dimensions have to be checked before. A batch is not
// atomic. It is repeated where no answer came, so that a delete of another caller in between
// may be undone.
func (c *Client) Put(ctx context.Context, p Place, objects []Object) ([]error, error) {
	for i := range objects {
		if err := objects[i].check(); err != nil {
			return nil, domain.At(err, "objects["+strconv.Itoa(i)+"]")
		}
	}
	results := make([]error, len(objects))
	left := make([]int, len(objects)) // places in objects that have no result yet
	for i := range left {
		left[i] = i
	}
	for round := 1; len(left) > 0; round++ {
		if err := c.put(ctx, p, objects, left, results); err != nil {
			return nil, err
		}
		left = slices.DeleteFunc(left, func(i int) bool { return !errors.Is(results[i], domain.ErrUnavailable) })
		if round == putRounds || len(left) > 0 && !pause(ctx, round) {
			break
		}
	}
	return results, nil
}

// putRounds is how often objects are sent whose replicas could not be reached.
const putRounds = 3

// pause waits before a round after the given one; false: ctx has ended.
func pause(ctx context.Context, round int) bool {
	select {
	case <-time.After(100 * time.Millisecond << round):
		return true
	case <-ctx.Done():
		return false
	}
}

// put sends the objects at some places, in messages of batchBytes.
func (c *Client) put(ctx context.Context, p Place, objects []Object, at []int, results []error) error {
	for from := 0; from < len(at); {
		m, to := encodePut(c.options.Write), from
		for to < len(at) && (to == from || len(m) < batchBytes) {
			m = m.Sub(1, encodeObject(p, &objects[at[to]]))
			to++
		}
		part := make([]error, to-from)
		err := c.call(ctx, "put", "BatchObjects", m, func(answer []byte) error {
			clear(part) // of a try before
			return decodePut(answer, part)
		})
		if err != nil {
			return err
		}
		for i, result := range part {
			results[at[from+i]] = result
		}
		from = to
	}
	return nil
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
