package filterlang

import (
	"strconv"
	"time"
)

// ParseInstant reads a date or a date-time of RFC 3339, as filters compare them: a date is
// its first moment, a time without a zone is UTC, a blank may stand for the T, and digits
// past the nanosecond are dropped. It returns false for any other text.
func ParseInstant(s string) (time.Time, bool) {
	p := timeParser{rest: s, ok: true}
	year, month, day := p.digits(4), p.after('-'), p.after('-')
	if p.rest == "" {
		return p.date(year, month, day, 0, 0, 0, 0)
	}
	p.one("Tt ")
	hour, minute, second := p.digits(2), p.after(':'), p.after(':')
	nanos := p.fraction()
	offset := p.zone()
	p.ok = p.ok && p.rest == "" && hour < 24 && minute < 60 && second < 60
	t, ok := p.date(year, month, day, hour, minute, second, nanos)
	return t.Add(-offset), ok
}

// SortableInstant returns the instant that s names as a text that compares, byte by byte,
// as instants do, and false if s names none.
func SortableInstant(s string) (string, bool) {
	t, ok := ParseInstant(s)
	if !ok {
		return "", false
	}
	const epoch = 2_000_000_000_000 // 1970: the years from -1 to 10000 all have thirteen digits
	b := strconv.AppendInt(nil, epoch+t.Unix(), 10)
	nanos := strconv.Itoa(1_000_000_000 + t.Nanosecond())
	return string(append(b, nanos[1:]...)), true
}

// timeParser takes a text apart. What does not fit sets ok to false.
type timeParser struct {
	rest string
	ok   bool
}

// one takes a character that is in set and returns it.
func (p *timeParser) one(set string) byte {
	for i := 0; i < len(set) && p.rest != ""; i++ {
		if c := p.rest[0]; c == set[i] {
			p.rest = p.rest[1:]
			return c
		}
	}
	p.ok = false
	return 0
}

// digits takes n digits.
func (p *timeParser) digits(n int) (value int) {
	for range n {
		value = 10*value + int(p.one("0123456789")-'0')
		if !p.ok {
			return 0
		}
	}
	return value
}

// after takes a separator and two digits.
func (p *timeParser) after(separator byte) int {
	p.one(string(separator))
	return p.digits(2)
}

// fraction takes the fraction of a second, if there is one, and returns its nanoseconds.
func (p *timeParser) fraction() (nanos int) {
	if p.rest == "" || p.rest[0] != '.' {
		return 0
	}
	p.rest = p.rest[1:]
	scale := 100_000_000
	digits := 0
	for ; p.rest != "" && p.rest[0] >= '0' && p.rest[0] <= '9'; digits++ {
		nanos += scale * int(p.rest[0]-'0')
		scale /= 10
		p.rest = p.rest[1:]
	}
	p.ok = p.ok && digits > 0
	return nanos
}

// zone takes the offset from UTC.
func (p *timeParser) zone() time.Duration {
	if p.rest == "" {
		return 0
	}
	sign := p.one("Zz+-")
	if sign == 'Z' || sign == 'z' {
		return 0
	}
	hours, minutes := p.digits(2), p.after(':')
	p.ok = p.ok && hours < 24 && minutes < 60
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if sign == '-' {
		offset = -offset
	}
	return offset
}

// date returns the time in UTC if there is such a day.
func (p *timeParser) date(year, month, day, hour, minute, second, nanos int) (time.Time, bool) {
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	return t, p.ok && t.Day() == day && int(t.Month()) == month
}
