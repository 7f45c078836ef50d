package filter

import "github.com/memista/memista/internal/domain/filterlang"

// class is a kind of values that have an order among themselves. A text may be in two.
type class int

// The classes.
const (
	numbers class = iota
	texts         // all texts, by their bytes
	times         // texts that name an instant, by that
	words         // texts that name none, by their bytes
)

// classes is how many there are.
const classes = 4

// has reports whether v is in the class.
func (c class) has(v filterlang.Value) bool {
	switch c {
	case numbers:
		return v.IsNumber()
	case texts:
		return v.Kind == filterlang.TextValue
	case times, words:
		if v.Kind != filterlang.TextValue {
			return false
		}
		_, ok := filterlang.ParseInstant(v.Text)
		return ok == (c == times)
	}
	return false
}

// rank returns what values of the class are ordered by. v itself may be in another class if
// that makes no difference to its place.
func (c class) rank(v filterlang.Value) filterlang.Value {
	if c != times {
		return v
	}
	sortable, _ := filterlang.SortableInstant(v.Text)
	return filterlang.Text(sortable)
}

// comparedWith returns the classes whose values can be greater or less than v.
func comparedWith(v filterlang.Value) []class {
	switch {
	case v.IsNumber():
		return []class{numbers}
	case times.has(v):
		return []class{times, words}
	case texts.has(v):
		return []class{texts}
	}
	return nil
}
