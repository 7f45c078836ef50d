package where

import (
	"slices"
	"strings"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Property is the name that terms have, of a property of type text[] that is tokenized by
// field, filterable and not searchable.
const Property = "terms"

// Terms returns the terms of a chunk, sorted: what filters look for.
func Terms(c *domain.Chunk) []string {
	t := terms{all: map[string]struct{}{}}
	t.add(field{source: filterlang.ChunkID}.value(filterlang.Int(c.ID)))
	t.add(field{source: filterlang.ChunkText}.value(filterlang.Text(c.Text)))
	if c.Key != "" {
		key := field{source: filterlang.ChunkKey}
		t.add(key.term(isThere))
		t.add(key.value(filterlang.Text(c.Key)))
	}
	filterlang.Spots(c.Metadata, t.member, t.leaf)
	list := make([]string, 0, len(t.all))
	for term := range t.all {
		list = append(list, term)
	}
	slices.Sort(list)
	return list
}

type terms struct {
	all map[string]struct{}
}

func (t *terms) add(term string) { t.all[term] = struct{}{} }

func spotField(s filterlang.Spot) field {
	return field{nested: s.Nested, name: strings.Join(s.Names, ".")}
}

// member adds that a field is there, and whether it has no values.
func (t *terms) member(s filterlang.Spot, value string) {
	f := spotField(s)
	t.add(f.term(isThere))
	if value == "null" || value[0] == '[' && strings.Trim(value[1:len(value)-1], " \t\r\n") == "" {
		t.add(f.term(isEmpty))
	}
}

// leaf adds the terms of a scalar.
func (t *terms) leaf(s filterlang.Spot, l filterlang.Leaf) {
	f := spotField(s)
	t.add(f.value(l.Value))
	switch l.Value.Kind {
	case filterlang.IntValue, filterlang.FloatValue:
		key, _ := numberKey(l.Value)
		t.ranges(f, key, numberIn, numberEnd)
	case filterlang.TextValue:
		at, isTime := filterlang.ParseInstant(l.Value.Text)
		if isTime {
			key, _ := instantKey(at)
			t.ranges(f, key, instantIn, instantEnd)
		}
		t.add(f.term(textKind(isTime, l.Element)))
	case filterlang.NullValue, filterlang.FalseValue, filterlang.TrueValue:
	}
}

// textKind is the kind of the term of a text.
func textKind(isTime, element bool) kind {
	switch {
	case isTime && element:
		return timeIn
	case isTime:
		return hasTime
	case element:
		return textIn
	}
	return hasText
}

// ranges adds the terms of the ranges that a key is in.
func (t *terms) ranges(f field, key uint64, in, end kind) {
	last := cellsOf(key, fillOf(key, in), func(c cell) { t.add(f.cell(in, c)) })
	t.add(f.cell(end, last))
}
