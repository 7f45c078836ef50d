package payload

// Selector says which parts of payloads are asked for. The zero Selector asks for none, and
// one with All for the whole.
type Selector struct {
	All     bool
	Include *Tree // if not nil, what its paths lead to; without paths: nothing
	Exclude *Tree // if not nil, all but that
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
		s.Include.pick(v)
		return v.append(b)
	case s.Exclude != nil:
		v := &value{raw: object}
		s.Exclude.remove(v)
		return v.append(b)
	}
	return append(b, object...)
}
