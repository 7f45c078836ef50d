package chromadiff

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// compare returns how two answers differ; "": they agree.
func compare(r *request, theirs, ours answer) string {
	if theirs.status != ours.status {
		return fmt.Sprintf("status %d, ours %d", theirs.status, ours.status)
	}
	a, b := normal(theirs.value), normal(ours.value)
	if theirs.status >= 400 {
		return compareErrors(a, b)
	}
	if r.names {
		sortByName(a)
		sortByName(b)
	}
	if r.ties {
		return compareHits(a, b)
	}
	if where := differs("", a, b); where != "" {
		return "body at " + where
	}
	return ""
}

// compareErrors compares the kinds of errors, and the first words of their texts.
func compareErrors(a, b any) string {
	x, _ := a.(map[string]any)
	y, _ := b.(map[string]any)
	if x == nil || y == nil {
		return ""
	}
	if x["error"] != y["error"] {
		return fmt.Sprintf("error %v, ours %v", x["error"], y["error"])
	}
	s, _ := x["message"].(string)
	o, _ := y["message"].(string)
	for _, lead := range leads {
		if strings.HasPrefix(s, lead) && strings.HasPrefix(o, strings.Replace(lead, "errror", "error", 1)) {
			return ""
		}
	}
	if s != o {
		return fmt.Sprintf("message %q, ours %q", s, o)
	}
	return ""
}

// leads are how texts begin whose rest is each server's own.
var leads = []string{
	"Failed to parse the request body as JSON: ", "Failed to deserialize the JSON body into the target type: ", "Failed to deserialize query string: ",
	"Invalid where clause", "Invalid where document clause", "Regex syntax errror: ", "Validation error: metadatas: ", "Validation error: name: ",
	"Invalid base64 string: ", "Collection [",
}

// normal returns a value without what is each server's own.
func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, own := range []string{"id", "schema", "log_position", "version", "nanosecond heartbeat"} {
			delete(v, own)
		}
		for k := range v {
			v[k] = normal(v[k])
		}
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	}
	return v
}

func sortByName(v any) {
	list, _ := v.([]any)
	name := func(i int) string {
		object, _ := list[i].(map[string]any)
		s, _ := object["name"].(string)
		return s
	}
	sort.SliceStable(list, func(i, j int) bool { return name(i) < name(j) })
}

// differs returns where two values differ; "": nowhere.
func differs(at string, a, b any) string {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return fmt.Sprintf("%s: %v, ours %v", at, short(a), short(b))
		}
		for k := range x {
			if _, ok := y[k]; !ok {
				return at + "." + k + ": ours has not got it"
			}
			if w := differs(at+"."+k, x[k], y[k]); w != "" {
				return w
			}
		}
		return ""
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return fmt.Sprintf("%s: %v, ours %v", at, short(a), short(b))
		}
		for i := range x {
			if w := differs(fmt.Sprintf("%s[%d]", at, i), x[i], y[i]); w != "" {
				return w
			}
		}
		return ""
	case json.Number:
		if y, ok := b.(json.Number); ok && near(x, y) && (whole(x) == whole(y) || !strings.Contains(at, "metadata")) {
			return ""
		}
	default:
		if reflect.DeepEqual(a, b) {
			return ""
		}
	}
	return fmt.Sprintf("%s: %v, ours %v", at, short(a), short(b))
}

// whole reports whether a number is written as an integer: in metadata 1 is not 1.0.
func whole(n json.Number) bool { return !strings.ContainsAny(string(n), ".eE") }

// near reports whether two numbers are the same up to rounding.
func near(a, b json.Number) bool {
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && math.Abs(x-y) <= 2e-6*max(1, math.Abs(x))
}

func short(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%.300s", b)
}

// compareHits compares the answers of a query. Records at the same distance may come in any
// order, and any of them at the end.
func compareHits(a, b any) string {
	x, _ := a.(map[string]any)
	y, _ := b.(map[string]any)
	for _, part := range []string{"include"} {
		if w := differs("."+part, x[part], y[part]); w != "" {
			return w
		}
	}
	lists, ours := columns(x), columns(y)
	if len(lists) != len(ours) {
		return fmt.Sprintf("%d lists, ours %d", len(lists), len(ours))
	}
	for i := range lists {
		if w := compareList(lists[i], ours[i]); w != "" {
			return fmt.Sprintf("list %d: %s", i, w)
		}
	}
	return ""
}

// hit is one record of an answer: its distance and all of it as JSON.
type hit struct {
	distance float64
	id       string
	all      map[string]any
}

// columns takes the columns of an answer apart.
func columns(v map[string]any) [][]hit {
	ids, _ := v["ids"].([]any)
	lists := make([][]hit, len(ids))
	for i := range ids {
		list, _ := ids[i].([]any)
		for j := range list {
			h := hit{all: map[string]any{}}
			h.id, _ = list[j].(string)
			for _, part := range []string{"embeddings", "documents", "uris", "metadatas", "distances"} {
				column, ok := v[part].([]any)
				if !ok {
					continue
				}
				values, _ := column[i].([]any)
				if j >= len(values) {
					h.all[part] = "missing"
					continue
				}
				h.all[part] = values[j]
				if n, ok := values[j].(json.Number); ok {
					h.distance, _ = n.Float64()
				}
			}
			delete(h.all, "distances")
			lists[i] = append(lists[i], h)
		}
	}
	return lists
}

func compareList(a, b []hit) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%d hits %v, ours %d %v", len(a), idsOf(a), len(b), idsOf(b))
	}
	for i := range a {
		if math.Abs(a[i].distance-b[i].distance) > 2e-5*max(1, math.Abs(a[i].distance)) {
			return fmt.Sprintf("distance %v at %d, ours %v: %v, ours %v", a[i].distance, i, b[i].distance, idsOf(a), idsOf(b))
		}
	}
	if len(a) == 0 {
		return ""
	}
	last := a[len(a)-1].distance
	for _, h := range a {
		i := slices.IndexFunc(b, func(o hit) bool { return o.id == h.id })
		if i < 0 {
			if math.Abs(h.distance-last) <= 4e-5*max(1, math.Abs(last)) {
				continue // another one as far away stands for it
			}
			return fmt.Sprintf("%s is missing: %v, ours %v", h.id, idsOf(a), idsOf(b))
		}
		if w := differs("."+h.id+".", h.all, b[i].all); w != "" {
			return w
		}
	}
	return ""
}

func idsOf(list []hit) []string {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = fmt.Sprintf("%s@%.4g", list[i].id, list[i].distance)
	}
	return ids
}
