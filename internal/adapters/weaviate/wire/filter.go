package wire

import "time"

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

// date writes a time as Weaviate keeps it.
func date(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func isTime(v any) bool {
	switch v.(type) {
	case time.Time, []time.Time:
		return true
	}
	return false
}
