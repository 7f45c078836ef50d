package payload

import (
	"github.com/memista/memista/internal/adapters/web/wire"
)

// value is a JSON value that is taken apart as far as somebody looks into it; the rest stays
// as it was written.
type value struct {
	raw  string // while it is whole
	open byte   // '{' or '[' once it is taken apart
	list []member
}

// member is a member of an object, or an element of an array, which has no name.
type member struct {
	name  string
	value *value
}

// first returns what kind of value it is: the first byte of it.
func (v *value) first() byte {
	if v.open != 0 {
		return v.open
	}
	if v.raw == "" {
		return 0
	}
	return v.raw[0]
}

// take takes apart a value that is an object or an array, as bracket says, and reports whether
// it is.
func (v *value) take(bracket byte) bool {
	if v.open == bracket {
		return true
	}
	if v.open != 0 || v.raw == "" || v.raw[0] != bracket {
		return false
	}
	sp := splitter{text: v.raw}
	for sp.next() {
		m := member{value: &value{}}
		if bracket == '{' {
			m.name = sp.name()
		}
		m.value.raw = sp.value()
		v.list = append(v.list, m)
	}
	v.open = bracket
	return true
}

// become makes v an empty object or array.
func (v *value) become(bracket byte) { *v = value{open: bracket} }

// find returns where in an object the member name is; -1: nowhere. The last one counts where
// several have it, as in other readers of JSON.
func (v *value) find(name string) int {
	for i := len(v.list) - 1; i >= 0; i-- {
		if v.list[i].name == name {
			return i
		}
	}
	return -1
}

// put puts members into an object, one after the other: each takes the place of the last one
// of its name, and null removes all of that name.
func (v *value) put(members []member) {
	at := make(map[string]int, len(v.list))
	for i, m := range v.list {
		at[m.name] = i
	}
	removed := map[string]int{} // up to which place members of a name are removed
	for _, m := range members {
		i, known := at[m.name]
		switch null := m.value.raw == "null"; {
		case null && known:
			removed[m.name] = len(v.list)
			delete(at, m.name)
		case null:
		case known:
			v.list[i].value = m.value
		default:
			at[m.name] = len(v.list)
			v.list = append(v.list, m)
		}
	}
	if len(removed) == 0 {
		return
	}
	kept := v.list[:0]
	for i, m := range v.list {
		if i >= removed[m.name] {
			kept = append(kept, m)
		}
	}
	v.list = kept
}

// append appends the value as JSON.
func (v *value) append(b []byte) []byte {
	if v.open == 0 {
		return append(b, v.raw...)
	}
	b = append(b, v.open)
	for i, m := range v.list {
		if i > 0 {
			b = append(b, ',')
		}
		if v.open == '{' {
			b = append(wire.AppendString(b, m.name), ':')
		}
		b = m.value.append(b)
	}
	return append(b, v.open+2) // the closing brackets are two after the opening ones
}
