// Package payload works on payloads, which are JSON objects, by paths into them: it merges
// into them, takes parts out of them and picks the parts that somebody asked for. What is not
// changed stays as it was written, numbers with their digits and members in their order.
package payload

import (
	"encoding/json"
	"strings"

	"github.com/memista/memista/internal/adapters/web/wire"
)

// Empty is a payload without members.
const Empty = "{}"

// Merge returns object with the members of patch: each takes the place of the one of its
// name, and null removes that. Both are JSON objects; an object of "" is an empty one.
func Merge(object, patch string) string {
	return change(object, func(v *value) { merge(v, patch) })
}

// Set is Merge into the object that path leads to. What is no object on the way becomes one,
// or an empty array, as the path has it; an element that is not there is passed over.
func (p Path) Set(object, patch string) string {
	return change(object, func(v *value) { set(v, p, func(v *value) { merge(v, patch) }) })
}

// Replace is Set, but whole, a JSON object, takes the place of what is there as it is, with its
// nulls. At the end of no path that is the payload itself.
func (p Path) Replace(object, whole string) string {
	return change(object, func(v *value) { set(v, p, func(v *value) { *v = value{raw: whole} }) })
}

// Remove returns object without what path leads to.
func (p Path) Remove(object string) string {
	return NewTree(p).Remove(object)
}

func change(object string, fn func(*value)) string {
	v := &value{raw: object}
	if !v.take('{') {
		v.become('{')
	}
	fn(v)
	return string(v.append(make([]byte, 0, len(object)+16)))
}

func merge(v *value, patch string) {
	if !v.take('{') {
		v.become('{')
	}
	p := value{raw: patch}
	p.take('{')
	v.put(p.list)
}

// set does fn to what path leads to in v.
func set(v *value, path Path, fn func(*value)) {
	if len(path) == 0 {
		fn(v)
		return
	}
	step, rest := path[0], path[1:]
	if step.Kind == Member {
		if !v.take('{') {
			v.become('{')
		}
		at := v.find(step.Name)
		if at < 0 {
			at = len(v.list)
			v.list = append(v.list, member{step.Name, &value{raw: "null"}})
		}
		set(v.list[at].value, rest, fn)
		return
	}
	if !v.take('[') {
		v.become('[')
	}
	for i := range v.list {
		if step.Kind == Elements || i == step.Index {
			set(v.list[i].value, rest, fn)
		}
	}
}

// textName is the member of a payload that stands for the text of a chunk.
const textName = "text"

// WithText returns object with the member text, unless it has one. An object of "" is an
// empty one.
func WithText(object, text string) string {
	return change(object, func(v *value) {
		if v.find(textName) < 0 {
			v.list = append(v.list, member{textName, &value{raw: string(wire.AppendString(nil, text))}})
		}
	})
}

// Text returns the first member of object that is a string and has one of names, and ok false
// if none is.
func Text(object string, names ...string) (text string, ok bool) {
	v := &value{raw: object}
	if !v.take('{') {
		return "", false
	}
	for _, name := range names {
		if at := v.find(name); at >= 0 && v.list[at].value.first() == '"' {
			if err := json.Unmarshal([]byte(v.list[at].value.raw), &text); err == nil {
				return text, true
			}
		}
	}
	return "", false
}

// WithoutText returns object without the member text and that text, where it is a string;
// else object itself and "".
func WithoutText(object string) (rest, text string) {
	text, ok := Text(object, textName)
	if !ok {
		return object, ""
	}
	return Path{{Name: textName}}.Remove(object), text
}

// TextAt returns the string, or the strings, each on a line, that a path leads to.
func TextAt(object string, path Path) string {
	v := &value{raw: object}
	if v.take('{') {
		NewTree(path).pick(v)
	}
	var lines []string
	gather(v, &lines)
	return strings.Join(lines, "\n")
}

// gather appends the strings in v to lines.
func gather(v *value, lines *[]string) {
	if v.take('{') || v.take('[') {
		for _, m := range v.list {
			gather(m.value, lines)
		}
		return
	}
	var text string
	if v.first() == '"' && json.Unmarshal([]byte(v.raw), &text) == nil {
		*lines = append(*lines, text)
	}
}
