// Package payload works on payloads, which are JSON objects, by paths into them: it merges
// into them, takes parts out of them and picks the parts that somebody asked for. What is not
// changed stays as it was written, numbers with their digits and members in their order.
package payload

import (
	"slices"
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
	return change(object, func(v *value) { set(v, p, patch) })
}

// Remove returns object without what path leads to.
func (p Path) Remove(object string) string {
	return change(object, func(v *value) { remove(v, p) })
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
	for _, m := range p.list {
		at := v.find(m.name)
		switch null := m.value.raw == "null"; {
		case null && at >= 0:
			v.list = slices.DeleteFunc(v.list, func(old member) bool { return old.name == m.name })
		case null:
		case at >= 0:
			v.list[at].value = m.value
		default:
			v.list = append(v.list, m)
		}
	}
}

func set(v *value, path Path, patch string) {
	if len(path) == 0 {
		merge(v, patch)
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
		set(v.list[at].value, rest, patch)
		return
	}
	if !v.take('[') {
		v.become('[')
	}
	for i := range v.list {
		if step.Kind == Elements || i == step.Index {
			set(v.list[i].value, rest, patch)
		}
	}
}

func remove(v *value, path Path) {
	step, rest := path[0], path[1:]
	if step.Kind == Member && !v.take('{') || step.Kind != Member && !v.take('[') {
		return
	}
	if len(rest) > 0 {
		for i, m := range v.list {
			if step.reaches(i, m) {
				remove(m.value, rest)
			}
		}
		return
	}
	kept := v.list[:0]
	for i, m := range v.list {
		if !step.reaches(i, m) {
			kept = append(kept, m)
		}
	}
	v.list = kept
}

// reaches reports whether the step leads to m, which is at position i.
func (s Step) reaches(i int, m member) bool {
	switch s.Kind {
	case Member:
		return m.name == s.Name
	case Element:
		return i == s.Index
	case Elements:
	}
	return true
}
