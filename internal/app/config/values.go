package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Value is a setting inside a Config; setting it changes the Config. It has the methods
// of a command-line flag.
type Value interface {
	Set(text string) error
	String() string
	Type() string

	reset()       // sets the default
	check() error // says what is wrong with it
}

// text is a text that checks accepts; nil accepts every one.
type text struct {
	at      *string
	initial string
	checks  func(string) error
	fold    bool // capitals are small ones
}

// checked is a text that is at first empty.
func checked(at *string, check func(string) error) text { return text{at: at, checks: check} }

// filled is a text that cannot be blank.
func filled(at *string, initial string) text {
	return text{at: at, initial: initial, checks: func(s string) error {
		if strings.TrimSpace(s) == "" {
			return errors.New("cannot be empty")
		}
		return nil
	}}
}

// word is one of several words, in any case.
func word(at *string, initial string, words ...string) text {
	return text{at: at, initial: initial, fold: true, checks: func(s string) error {
		if slices.Contains(words, s) {
			return nil
		}
		return fmt.Errorf("unknown value %q, use one of %s", s, strings.Join(words, ", "))
	}}
}

func (t text) Set(s string) error {
	if t.fold {
		s = strings.ToLower(s)
	}
	*t.at = s
	return nil
}
func (t text) String() string { return *t.at }
func (text) Type() string     { return "string" }
func (t text) reset()         { *t.at = t.initial }
func (t text) check() error {
	if t.checks == nil {
		return nil
	}
	return t.checks(*t.at)
}

// secret is a text that is not for everybody's eyes.
type secret struct{ text }

func (secret) Type() string { return "secret" }

// list is several words separated by commas or blanks, at first none.
type list struct{ at *[]string }

func (l list) Set(s string) error { *l.at = split(s); return nil }
func (l list) String() string     { return strings.Join(*l.at, ",") }
func (list) Type() string         { return "list" }
func (l list) reset()             { *l.at = nil }
func (list) check() error         { return nil }

// split returns the words of s, nil if there are none.
func split(s string) []string {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	if len(words) == 0 {
		return nil
	}
	return words
}

// toggle is at first off.
type toggle struct{ at *bool }

func (t toggle) Set(s string) error {
	v, err := strconv.ParseBool(s)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", s)
	}
	*t.at = v
	return nil
}
func (t toggle) String() string { return strconv.FormatBool(*t.at) }
func (toggle) Type() string     { return "bool" }
func (t toggle) reset()         { *t.at = false }
func (toggle) check() error     { return nil }

// IsBoolFlag lets the flag stand alone for true.
func (toggle) IsBoolFlag() bool { return true }

// enabled is a toggle that is at first on.
type enabled struct{ toggle }

func (e enabled) reset() { *e.at = true }

// duration is low at least.
type duration struct {
	at           *time.Duration
	initial, low time.Duration
}

func (d duration) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 15s or 1m30s", s)
	}
	*d.at = v
	return nil
}
func (d duration) String() string { return d.at.String() }
func (duration) Type() string     { return "duration" }
func (d duration) reset()         { *d.at = d.initial }
func (d duration) check() error {
	switch {
	case *d.at >= d.low:
		return nil
	case d.low == 0:
		return fmt.Errorf("must be 0 or longer, got %v", *d.at)
	}
	return fmt.Errorf("must be longer than 0, got %v", *d.at)
}

// whole is a whole number between two others, or a size: a number of bytes, written with or
// without a unit.
type whole[T int | int64] struct {
	at                 *T
	initial, low, high T
	bytes              bool
	none               bool // 0 is kept as -1, where a part takes 0 for its default
}

func number(at *int, initial, low, high int) whole[int] {
	return whole[int]{at: at, initial: initial, low: low, high: high}
}

func size[T int | int64](at *T, initial, low, high T) whole[T] {
	return whole[T]{at: at, initial: initial, low: low, high: high, bytes: true}
}

// orNone returns w for a part that takes -1 for none, and 0 for its default.
func (w whole[T]) orNone() whole[T] {
	w.none = true
	return w
}

func (w whole[T]) Set(s string) error {
	v, err := strconv.ParseInt(s, 10, 64)
	if w.bytes {
		if v, err = parseSize(s); err != nil {
			return err
		}
	}
	if err != nil || int64(T(v)) != v {
		return fmt.Errorf("%q is not a whole number", s)
	}
	if w.none && v < 0 { // which would stand for none
		return fmt.Errorf("must be between %d and %d, got %d", w.low, w.high, v)
	}
	w.put(T(v))
	return nil
}

func (w whole[T]) put(v T) {
	if w.none && v == 0 {
		v = -1
	}
	*w.at = v
}

func (w whole[T]) get() T {
	if w.none && *w.at == -1 {
		return 0
	}
	return *w.at
}

func (w whole[T]) String() string {
	if w.bytes {
		return formatSize(int64(w.get()))
	}
	return strconv.FormatInt(int64(w.get()), 10)
}

func (w whole[T]) Type() string {
	if w.bytes {
		return "size"
	}
	return "int"
}

func (w whole[T]) reset() { w.put(w.initial) }

func (w whole[T]) check() error {
	if v := w.get(); v < w.low || v > w.high {
		return fmt.Errorf("must be between %d and %d, got %d", w.low, w.high, v)
	}
	return nil
}

var units = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

func parseSize(s string) (int64, error) {
	number, factor := strings.TrimSpace(s), int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, factor = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	v, err := strconv.ParseInt(number, 10, 64)
	if err != nil || v < 0 || v > (1<<62)/factor {
		return 0, fmt.Errorf("%q is not a size such as 4MiB, 512KiB or 1000", s)
	}
	return v * factor, nil
}

// formatSize writes a size with the largest unit that loses nothing.
func formatSize(v int64) string {
	for _, u := range units {
		if v != 0 && v%u.bytes == 0 && u.bytes > 1 {
			return strconv.FormatInt(v/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(v, 10)
}
