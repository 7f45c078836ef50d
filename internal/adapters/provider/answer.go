package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Read has an answer read by decode, whose error says in words what stands there instead.
// Its own error is a *Failure, which also says what is empty, HTML or an error of the
// provider sent with 200.
func (c *Client) Read(body []byte, decode func([]byte) error) error {
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return failed("%s answered nothing", c.where)
	case looksLikeHTML(body):
		return failed("%s answered HTML instead of JSON: is its address right?", c.where)
	}
	err := decode(body)
	if err == nil {
		return nil
	}
	if said, _ := explain(body); said != "" {
		f := failed("%s answered with an error", c.where)
		f.Said = ": " + clean(said, c.options.Key)
		f.Message += f.Said
		return f
	}
	return failed("%s answered with %s", c.where, clean(err.Error(), c.options.Key))
}

// Decode reads the JSON of an answer into v. Its error says what stands there instead.
func Decode(body []byte, v any) error {
	err := json.Unmarshal(body, v)
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("what is no JSON: %w", err)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s where %q must be another type", wrong.Value, wrong.Field)
	}
	return err
}
