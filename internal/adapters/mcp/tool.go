package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/domain"
)

// tool is a tool and what it does.
type tool struct {
	desc   *sdk.Tool
	writes bool // it is there only where writing is allowed
	// run calls use cases with the arguments of a call, and returns the JSON of the answer.
	run func(ctx context.Context, uses UseCases, arguments json.RawMessage) (json.RawMessage, error)
}

// object is a JSON object as it was written, down to the digits of its numbers.
type object json.RawMessage

func (o *object) UnmarshalJSON(raw []byte) error {
	*o = append((*o)[:0], raw...)
	return nil
}

// filter returns o as a filter; none is nil.
func (o object) filter() *api.Filter {
	if len(o) == 0 {
		return nil
	}
	return api.FilterJSON(string(o))
}

// metadata returns o as metadata; none is the zero one.
func (o object) metadata() api.Metadata {
	if len(o) == 0 {
		return api.Metadata{}
	}
	return api.Meta(json.RawMessage(o))
}

// define returns a tool whose schemas are those of In and Out: the names of their fields,
// and what their tags say of them. bound adds to the schema of In what tags cannot say, and
// may be nil.
func define[In, Out any](desc sdk.Tool, bound func(*jsonschema.Schema), run func(context.Context, UseCases, In) (Out, error)) tool {
	in, out := schemaOf[In](), schemaOf[Out]()
	if bound != nil {
		bound(in)
	}
	resolved, err := in.Resolve(nil)
	if err != nil {
		panic("mcp: the schema of " + desc.Name + ": " + err.Error()) // which tests would show
	}
	desc.InputSchema, desc.OutputSchema = in, out
	return tool{desc: &desc, writes: !desc.Annotations.ReadOnlyHint, run: func(ctx context.Context, uses UseCases, arguments json.RawMessage) (json.RawMessage, error) {
		var args In
		if err := decode(resolved, arguments, &args); err != nil {
			return nil, err
		}
		answer, err := run(ctx, uses, args)
		if err != nil {
			return nil, err
		}
		return encode(answer)
	}}
}

// schemaOf returns the schema of T, a struct.
func schemaOf[T any]() *jsonschema.Schema {
	s, err := jsonschema.For[T](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[object](): {Type: "object"},
	}})
	if err != nil {
		panic("mcp: " + err.Error()) // which tests would show
	}
	return s
}

// decode reads arguments that fit the schema into args. They are not read by the SDK, for
// it would make every number a float64.
func decode(schema *jsonschema.Resolved, arguments json.RawMessage, args any) error {
	if len(arguments) == 0 || string(arguments) == "null" {
		arguments = json.RawMessage("{}")
	}
	var value any
	err := json.Unmarshal(arguments, &value)
	if err == nil {
		err = check(schema.Schema(), value)
	}
	if err == nil {
		err = schema.Validate(value)
	}
	if err == nil {
		err = json.Unmarshal(arguments, args)
	}
	if err != nil {
		return domain.Errorf(domain.ErrInvalid, "arguments: %s", head(err.Error(), errorBytes))
	}
	return nil
}

// check says what the schema would refuse of the arguments in words that name what there is.
func check(schema *jsonschema.Schema, value any) error {
	arguments, _ := value.(map[string]any)
	known := slices.Sorted(maps.Keys(schema.Properties))
	for name, given := range arguments {
		s := schema.Properties[name]
		if s == nil {
			return fmt.Errorf("there is no %q; there are %s", name, strings.Join(known, ", "))
		}
		n, is := given.(float64)
		if is && s.Minimum != nil && s.Maximum != nil && (n < *s.Minimum || n > *s.Maximum) {
			return fmt.Errorf("%s must be between %.0f and %.0f", name, *s.Minimum, *s.Maximum)
		}
	}
	for _, name := range schema.Required {
		if _, given := arguments[name]; !given {
			return fmt.Errorf("%s is missing", name)
		}
	}
	return nil
}

// encode returns the JSON of an answer.
func encode(answer any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// reading and changing are what clients are told of tools.
func reading(title string) *sdk.ToolAnnotations {
	return &sdk.ToolAnnotations{Title: title, ReadOnlyHint: true, IdempotentHint: true, DestructiveHint: new(bool), OpenWorldHint: new(bool)}
}

func changing(title string) *sdk.ToolAnnotations {
	destructive := true // what was there before is gone
	return &sdk.ToolAnnotations{Title: title, IdempotentHint: true, DestructiveHint: &destructive, OpenWorldHint: new(bool)}
}

// between bounds a number.
func between(s *jsonschema.Schema, low, high float64) {
	s.Minimum, s.Maximum = &low, &high
}
