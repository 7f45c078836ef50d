// Package filtertest says what a filter of Qdrant selects, slowly and from the description of
// its language alone, and makes random ones.
package filtertest

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Selects reports whether a filter, as encoding/json decodes it with UseNumber, selects a
// point with this payload and id, which is a json.Number or a string.
func Selects(filter map[string]any, payload map[string]any, id any) bool {
	for name, conditions := range filter {
		if !clauseHolds(name, conditions, payload, id) {
			return false
		}
	}
	return true
}

func clauseHolds(name string, conditions any, payload map[string]any, id any) bool {
	if conditions == nil {
		return true
	}
	if name == "min_should" {
		m := conditions.(map[string]any)
		return float64(count(m["conditions"], payload, id)) >= number(m["min_count"])
	}
	list, ok := conditions.([]any)
	if !ok {
		list = []any{conditions}
	}
	if len(list) == 0 {
		return true
	}
	n := count(list, payload, id)
	switch name {
	case "must":
		return n == len(list)
	case "should":
		return n > 0
	}
	return n == 0 // must_not
}

func count(list any, payload map[string]any, id any) (n int) {
	for _, c := range list.([]any) {
		if holds(c.(map[string]any), payload, id) {
			n++
		}
	}
	return n
}

// holds asks one condition.
func holds(c map[string]any, payload map[string]any, id any) bool {
	switch {
	case c["has_id"] != nil:
		for _, want := range c["has_id"].([]any) {
			if id != nil && want == id {
				return true
			}
		}
		return false
	case c["nested"] != nil:
		n := c["nested"].(map[string]any)
		for _, array := range reach(payload, strings.TrimSuffix(n["key"].(string), "[]")) {
			elements, _ := array.([]any)
			for _, e := range elements {
				if object, ok := e.(map[string]any); ok && Selects(n["filter"].(map[string]any), object, nil) {
					return true
				}
			}
		}
		return false
	case c["key"] != nil:
		return fieldHolds(c, reach(payload, c["key"].(string)))
	}
	for _, name := range []string{"is_empty", "is_null"} {
		if m, ok := c[name].(map[string]any); ok {
			values := reach(payload, m["key"].(string))
			if name == "is_empty" {
				return allEmpty(values)
			}
			return anyOf(values, func(v any) bool { return v == nil })
		}
	}
	return Selects(c, payload, id)
}

// reach returns what a path leads to.
func reach(v any, path string) []any {
	for path != "" {
		switch {
		case strings.HasPrefix(path, "[]"):
			var out []any
			list, _ := v.([]any)
			for _, e := range list {
				out = append(out, reach(e, strings.TrimPrefix(path[2:], "."))...)
			}
			return out
		case path[0] == '[':
			end := strings.IndexByte(path, ']')
			i, _ := strconv.Atoi(path[1:end])
			list, _ := v.([]any)
			if i >= len(list) {
				return nil
			}
			v, path = list[i], strings.TrimPrefix(path[end+1:], ".")
		default:
			var name string
			if path[0] == '"' {
				end := strings.IndexByte(path[1:], '"') + 1
				name, path = path[1:end], path[end+1:]
			} else {
				end := strings.IndexAny(path+".", ".[")
				name, path = path[:end], path[end:]
			}
			object, _ := v.(map[string]any)
			inner, there := object[name]
			if !there {
				return nil
			}
			v, path = inner, strings.TrimPrefix(path, ".")
		}
	}
	return []any{v}
}

func fieldHolds(c map[string]any, values []any) bool {
	if b, ok := c["values_count"].(map[string]any); ok {
		if len(values) == 0 {
			return inRange(b, 0)
		}
		return anyOf(values, func(v any) bool { return inRange(b, float64(size(v))) })
	}
	if yes, ok := c["is_empty"].(bool); ok {
		return allEmpty(values) == yes
	}
	if yes, ok := c["is_null"].(bool); ok {
		null := anyOf(values, func(v any) bool { return v == nil || anyOf(elements(v), func(e any) bool { return e == nil }) })
		return null == yes
	}
	return anyOf(values, func(v any) bool {
		if list, ok := v.([]any); ok {
			return anyOf(list, func(e any) bool { return valueHolds(c, e) })
		}
		return valueHolds(c, v)
	})
}

func valueHolds(c map[string]any, v any) bool {
	if m, ok := c["match"].(map[string]any); ok && matches(m, v) {
		return true
	}
	if b, ok := c["range"].(map[string]any); ok && ranges(b, v) {
		return true
	}
	box, ok := c["geo_bounding_box"].(map[string]any)
	if !ok {
		return false
	}
	place, _ := v.(map[string]any)
	lat, okLat := place["lat"].(json.Number)
	lon, okLon := place["lon"].(json.Number)
	nw, _ := box["top_left"].(map[string]any)
	se, _ := box["bottom_right"].(map[string]any)
	return okLat && okLon && number(lat) <= number(nw["lat"]) && number(lat) >= number(se["lat"]) &&
		number(lon) >= number(nw["lon"]) && number(lon) <= number(se["lon"])
}

func matches(m map[string]any, v any) bool {
	if want, ok := m["value"]; ok {
		return same(v, want)
	}
	if list, ok := m["any"].([]any); ok {
		return anyOf(list, func(want any) bool { return same(v, want) })
	}
	if list, ok := m["except"].([]any); ok {
		switch v.(type) {
		case nil, []any, map[string]any:
			return false
		}
		return !anyOf(list, func(want any) bool { return same(v, want) })
	}
	text, isText := v.(string)
	if part, ok := m["text"].(string); ok {
		return isText && strings.Contains(text, part)
	}
	if parts, ok := m["text_any"].(string); ok {
		for _, part := range strings.Fields(parts) {
			if isText && strings.Contains(text, part) {
				return true
			}
		}
		return false
	}
	start, _ := m["prefix"].(string)
	return isText && strings.HasPrefix(text, start)
}

func ranges(b map[string]any, v any) bool {
	for _, bound := range b {
		if _, ok := bound.(string); ok {
			text, _ := v.(string)
			at, ok := instant(text)
			return ok && timeInRange(b, at)
		}
	}
	n, ok := v.(json.Number)
	return ok && inRange(b, number(n))
}

func inRange(b map[string]any, n float64) bool {
	for name, bound := range b {
		if bound == nil {
			continue
		}
		limit := number(bound)
		if name == "gt" && n <= limit || name == "gte" && n < limit || name == "lt" && n >= limit || name == "lte" && n > limit {
			return false
		}
	}
	return true
}

func timeInRange(b map[string]any, at time.Time) bool {
	for name, bound := range b {
		text, ok := bound.(string)
		if !ok {
			continue
		}
		limit, _ := instant(text)
		if name == "gt" && !at.After(limit) || name == "gte" && at.Before(limit) || name == "lt" && !at.Before(limit) || name == "lte" && at.After(limit) {
			return false
		}
	}
	return true
}

func instant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func same(a, b any) bool {
	if n, ok := a.(json.Number); ok {
		m, ok := b.(json.Number)
		return ok && number(n) == number(m)
	}
	switch a.(type) {
	case []any, map[string]any:
		return false
	}
	return a == b
}

func number(v any) float64 {
	n, ok := v.(json.Number)
	if !ok {
		return math.NaN()
	}
	f, _ := n.Float64()
	return f
}

func size(v any) int {
	if v == nil {
		return 0
	}
	if list, ok := v.([]any); ok {
		return len(list)
	}
	return 1
}

func elements(v any) []any { list, _ := v.([]any); return list }

func allEmpty(values []any) bool {
	return !anyOf(values, func(v any) bool { return size(v) > 0 })
}

func anyOf(list []any, fn func(any) bool) bool {
	for _, v := range list {
		if fn(v) {
			return true
		}
	}
	return false
}
