package wire

import (
	"encoding/json"
	"math"
	"time"
)

// Properties are the values of an object by their names: string, bool, int64 up to ±2^53,
// float64, time.Time, and slices of these. What an answer has of another type is not read.
type Properties map[string]any

// Text returns a text or a UUID; "" if there is none.
func (p Properties) Text(name string) string {
	s, _ := p[name].(string)
	return s
}

// Texts returns the elements of a text[]; nil if there are none.
func (p Properties) Texts(name string) []string {
	switch v := p[name].(type) {
	case []string:
		return v
	case []any:
		texts := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				texts = append(texts, s)
			}
		}
		return texts
	}
	return nil
}

// Number returns a number or an int, and whether there is one.
func (p Properties) Number(name string) (float64, bool) {
	switch v := p[name].(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

// Int returns an int, and whether there is one.
func (p Properties) Int(name string) (int64, bool) {
	if n, ok := p[name].(int64); ok {
		return n, true
	}
	f, ok := p.Number(name)
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// Bool returns a boolean, and whether there is one.
func (p Properties) Bool(name string) (value, ok bool) {
	value, ok = p[name].(bool)
	return value, ok
}

// Time returns a date, and whether there is one.
func (p Properties) Time(name string) (time.Time, bool) {
	switch v := p[name].(type) {
	case time.Time:
		return v, true
	case string:
		t, err := time.Parse(time.RFC3339Nano, v)
		return t, err == nil
	}
	return time.Time{}, false
}
