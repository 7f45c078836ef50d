package exportfile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/memista/memista/internal/adapters/importfile/textfield"
	"github.com/memista/memista/internal/domain"
)

// qdrant writes bodies for PUT /collections/{name}/points.
type qdrant struct {
	out
	o       Options
	points  []point
	bytes   int
	made    int64 // ids that were made of keys
	expires int64
}

// point is a point of such a body.
type point struct {
	ID      any            `json:"id"`
	Vector  any            `json:"vector"`
	Payload jsontext.Value `json:"payload,omitempty"`
}

// Fields of the payload for what has no place of its own.
const (
	keyField      = "memista_key"
	textField     = "memista_text"
	metadataField = "metadata"
)

func newQdrant(o out, opt Options) Writer { return &qdrant{out: o, o: opt} }

// Write adds a point to the line.
func (q *qdrant) Write(c domain.Chunk) (err error) {
	var p point
	if p.Vector, err = vectors(&c, q.o.Vector); err != nil {
		return err
	}
	if p.Payload, err = q.payload(&c); err != nil {
		return err
	}
	if p.ID, p.Payload, err = q.id(&c, p.Payload); err != nil {
		return err
	}
	if !c.ExpiresAt.IsZero() {
		q.expires++
	}
	q.points = append(q.points, p)
	if q.bytes += size(&c); len(q.points) >= q.o.Batch || q.bytes >= lineBytes {
		return q.flush()
	}
	return nil
}

// payload returns the metadata, in its order, with the text in a field in which an import
// finds it again.
func (q *qdrant) payload(c *domain.Chunk) (jsontext.Value, error) {
	payload := jsontext.Value("{}")
	switch c.Metadata.Form {
	case domain.ObjectMetadata:
		payload = jsontext.Value(c.Metadata.Text)
	case domain.StringMetadata:
		var err error
		if payload, err = with(payload, metadataField, c.Metadata.Text); err != nil {
			return nil, err
		}
	case domain.NoMetadata:
	}
	if c.Text == "" || textfield.Find(payload, "") == c.Text {
		return payload, nil
	}
	var fields map[string]jsontext.Value
	if err := json.Unmarshal(payload, &fields, jsontext.AllowDuplicateNames(true)); err != nil {
		return nil, err
	}
	name := q.o.TextField
	if _, taken := fields[name]; taken {
		name = textField
	}
	return with(payload, name, c.Text)
}

// with returns object, which is without white space, with a further field.
func with(object jsontext.Value, name, text string) (jsontext.Value, error) {
	quotedName, err1 := jsontext.AppendQuote(nil, name)
	quotedText, err2 := jsontext.AppendQuote(nil, text)
	out := slices.Clip(object[:len(object)-1])
	if len(out) > 1 {
		out = append(out, ',')
	}
	out = append(append(append(append(out, quotedName...), ':'), quotedText...), '}')
	return out, errors.Join(err1, err2)
}

// id returns the id of a point, an integer or a UUID, and its payload. Of a key that is
// neither an id is made, always the same, and the key stands in the payload.
func (q *qdrant) id(c *domain.Chunk, payload jsontext.Value) (any, jsontext.Value, error) {
	if c.Key == "" && !q.o.Taken(c.ID) {
		return c.ID, payload, nil
	}
	if n, err := strconv.ParseUint(c.Key, 10, 64); err == nil && strconv.FormatUint(n, 10) == c.Key {
		return n, payload, nil
	}
	if u, err := uuid.Parse(c.Key); err == nil && u.String() == c.Key {
		return c.Key, payload, nil
	}
	name := fmt.Sprintf("memista-chunk:%d", c.ID)
	if c.Key != "" {
		name = "memista-key:" + c.Key
		var err error
		if payload, err = with(payload, keyField, c.Key); err != nil {
			return nil, nil, err
		}
	}
	q.made++
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String(), payload, nil
}

func (q *qdrant) flush() error {
	if len(q.points) == 0 {
		return nil
	}
	body := struct {
		Points []point `json:"points"`
	}{q.points}
	q.points, q.bytes = q.points[:0], 0
	return q.line(body)
}

// Close writes what is left.
func (q *qdrant) Close() error {
	if err := q.flush(); err != nil {
		return err
	}
	return q.w.Flush()
}

// Notes says what is not as it was.
func (q *qdrant) Notes() (notes []string) {
	if q.made > 0 {
		notes = append(notes, fmt.Sprintf("%d ids are UUIDs made of keys, which stand in the payload as %s", q.made, keyField))
	}
	return withExpiry(notes, q.expires)
}

// withExpiry adds that chunks will stay.
func withExpiry(notes []string, expires int64) []string {
	if expires > 0 {
		notes = append(notes, fmt.Sprintf("%d chunks expire here, and will not there", expires))
	}
	return notes
}
