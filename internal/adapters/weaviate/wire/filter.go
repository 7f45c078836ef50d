package wire

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Operator is what a Filter does.
type Operator uint8

// The operators, with their numbers in the protocol.
const (
	EqualTo      Operator = 1
	NotEqualTo   Operator = 2
	Greater      Operator = 3
	GreaterEqual Operator = 4
	Less         Operator = 5
	LessEqual    Operator = 6
	AllOf        Operator = 7
	AnyOf        Operator = 8
	Like         Operator = 10
	IsNull       Operator = 11 // of a class with IndexNullState
	ContainsAny  Operator = 12
	ContainsAll  Operator = 13
	ContainsNone Operator = 14
	NotOf        Operator = 15 // the one in Sub
)

var operatorNames = map[Operator]string{
	EqualTo: "Equal", NotEqualTo: "NotEqual", Greater: "GreaterThan", GreaterEqual: "GreaterThanEqual",
	Less: "LessThan", LessEqual: "LessThanEqual", AllOf: "And", AnyOf: "Or", Like: "Like", IsNull: "IsNull",
	ContainsAny: "ContainsAny", ContainsAll: "ContainsAll", ContainsNone: "ContainsNone", NotOf: "Not",
}

// IDProperty is the name by which filters know the id of an object.
const IDProperty = "_id"

// Filter selects objects by their properties.
type Filter struct {
	Operator Operator
	Sub      []Filter // of AllOf, AnyOf and NotOf
	Property string   // of all others
	// Value is a string, bool, int64, float64 or time.Time, or a slice of one of the first
	// four for ContainsAny, ContainsAll and ContainsNone.
	Value any
}

// Equal selects objects whose property is a value, or has it among its elements.
func Equal(property string, value any) Filter {
	return Filter{Operator: EqualTo, Property: property, Value: value}
}

// Compare selects objects by a comparison with a value.
func Compare(property string, op Operator, value any) Filter {
	return Filter{Operator: op, Property: property, Value: value}
}

// HasAny selects objects that have at least one of values, texts as they are stored.
func HasAny(property string, values []string) Filter {
	return Filter{Operator: ContainsAny, Property: property, Value: values}
}

// And selects objects that all of sub select; of one that one is returned.
func And(sub ...Filter) Filter { return joined(AllOf, sub) }

// Or selects objects that one of sub selects; of one that one is returned.
func Or(sub ...Filter) Filter { return joined(AnyOf, sub) }

// Not selects objects that f does not.
func Not(f Filter) Filter { return Filter{Operator: NotOf, Sub: []Filter{f}} }

func joined(op Operator, sub []Filter) Filter {
	if len(sub) == 1 {
		return sub[0]
	}
	return Filter{Operator: op, Sub: sub}
}

// restFilter is a Filter as REST has it.
type restFilter struct {
	Operator string        `json:"operator"`
	Path     []string      `json:"path,omitempty"`
	Operands []*restFilter `json:"operands,omitempty"`

	Text     any       `json:"valueText,omitempty"`
	Int      any       `json:"valueInt,omitempty"`
	Number   any       `json:"valueNumber,omitempty"`
	Boolean  any       `json:"valueBoolean,omitempty"`
	Date     any       `json:"valueDate,omitempty"`
	Texts    []string  `json:"valueTextArray,omitempty"`
	Ints     []int64   `json:"valueIntArray,omitempty"`
	Numbers  []float64 `json:"valueNumberArray,omitempty"`
	Booleans []bool    `json:"valueBooleanArray,omitempty"`
}

// rest returns f as REST has it.
func (f *Filter) rest() *restFilter {
	r := &restFilter{Operator: operatorNames[f.Operator]}
	if f.Property != "" {
		r.Path = []string{f.Property}
		if f.Property == IDProperty {
			r.Path[0] = "id"
		}
	}
	for i := range f.Sub {
		r.Operands = append(r.Operands, f.Sub[i].rest())
	}
	switch v := f.Value.(type) {
	case string:
		r.Text = v
	case bool:
		r.Boolean = v
	case int64:
		r.Int = v
	case float64:
		r.Number = v
	case time.Time:
		r.Date = date(v)
	case []string:
		r.Texts = v
	case []int64:
		r.Ints = v
	case []float64:
		r.Numbers = v
	case []bool:
		r.Booleans = v
	}
	return r
}

// graphQL writes f as an argument of GraphQL.
func (f *restFilter) graphQL(b *strings.Builder) {
	b.WriteString("{operator:" + f.Operator)
	if len(f.Path) > 0 {
		b.WriteString(",path:" + literal(f.Path))
	}
	if len(f.Operands) > 0 {
		b.WriteString(",operands:[")
		for i, o := range f.Operands {
			if i > 0 {
				b.WriteByte(',')
			}
			o.graphQL(b)
		}
		b.WriteByte(']')
	}
	for _, v := range []struct {
		name  string
		value any
		is    bool
	}{
		{"valueText", f.Text, f.Text != nil}, {"valueInt", f.Int, f.Int != nil}, {"valueNumber", f.Number, f.Number != nil},
		{"valueBoolean", f.Boolean, f.Boolean != nil}, {"valueDate", f.Date, f.Date != nil}, {"valueText", f.Texts, f.Texts != nil},
		{"valueInt", f.Ints, f.Ints != nil}, {"valueNumber", f.Numbers, f.Numbers != nil}, {"valueBoolean", f.Booleans, f.Booleans != nil},
	} {
		if v.is {
			b.WriteString("," + v.name + ":" + literal(v.value))
		}
	}
	b.WriteByte('}')
}

// literal writes a value as GraphQL has it, which for scalars and arrays is as in JSON.
func literal(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return strconv.Quote(err.Error()) // numbers that are not finite, which it refuses
	}
	return string(raw)
}

// date writes a time as Weaviate keeps it.
func date(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func isTime(v any) bool {
	switch v.(type) {
	case time.Time, []time.Time:
		return true
	}
	return false
}
