package payload

// Selector says which parts of payloads are asked for. The zero Selector asks for none, and
// one with All for the whole.
type Selector struct {
	All     bool
	Include []Path // if not nil, what these lead to; empty: nothing
	Exclude []Path // if not nil, all but that
}

// Wants reports whether a payload is asked for at all, be it an empty one.
func (s Selector) Wants() bool { return s.All || s.Include != nil || s.Exclude != nil }

// Append appends what is asked for of object, a JSON object or "", as JSON.
func (s Selector) Append(b []byte, object string) []byte {
	switch {
	case object == "":
		return append(b, Empty...)
	case s.Include != nil:
		v := &value{raw: object}
		v.take('{')
		pick(v, s.Include, 0)
		return v.append(b)
	case s.Exclude != nil:
		v := &value{raw: object}
		for _, p := range s.Exclude {
			remove(v, p)
		}
		return v.append(b)
	}
	return append(b, object...)
}

// pick leaves in v what paths lead to, each from its step number depth on. All paths have
// led to v.
func pick(v *value, paths []Path, depth int) {
	kept := v.list[:0]
	for i, m := range v.list {
		var on []Path
		whole := false
		for _, p := range paths {
			step := p[depth]
			if (step.Kind == Member) != (v.open == '{') || !step.reaches(i, m) {
				continue
			}
			on = append(on, p)
			whole = whole || len(p) == depth+1
		}
		if len(on) == 0 {
			continue
		}
		if !whole && !within(m.value, on, depth+1) {
			continue
		}
		kept = append(kept, m)
	}
	v.list = kept
}

// within picks inside a value, and reports whether there is an inside.
func within(v *value, paths []Path, depth int) bool {
	if !v.take('{') && !v.take('[') {
		return false
	}
	pick(v, paths, depth)
	return true
}
