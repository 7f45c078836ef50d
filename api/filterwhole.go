package api

import (
	"errors"
	"fmt"
)

// AtLeast selects chunks that n or more of the filters select. One that is nil, a call
// without any, and an n below 1 or above their number is ErrInvalid.
func AtLeast(n int, filters ...*Filter) *Filter {
	of := combine("$or", filters) // an array of filters, or the reason why there is none
	switch {
	case of.err != nil:
		return of
	case n < 1 || n > len(filters):
		return &Filter{err: fmt.Errorf("filter: $at_least %d of %d filters", n, len(filters))}
	}
	list := of.json[len(`{"$or":`) : len(of.json)-1]
	return &Filter{json: fmt.Sprintf(`{"$at_least":{"count":%d,"of":%s}}`, n, list)}
}

// NotContains selects exactly what Contains does not, chunks without the field among them.
func NotContains(field string, value any) *Filter { return compare(field, "$not_contains", value) }

// Regex selects chunks whose field is a string in which the regular expression matches
// somewhere: syntax and time are those of package regexp, at most 1,024 bytes.
func Regex(field, pattern string) *Filter { return compare(field, "$regex", pattern) }

// Size selects chunks whose field has least to most values: the elements of an array, one
// for anything else, none for null and where there is no such field. A negative most is no
// bound.
func Size(field string, least, most int) *Filter {
	bounds := map[string]int{"$gte": max(least, 0)}
	if most >= 0 {
		bounds["$lte"] = most
	}
	return compare(field, "$size", bounds)
}

// ElemMatch selects chunks whose field is an array with an object in it that f selects; the
// fields that f names are members of that object. Nil is ErrInvalid.
func ElemMatch(field string, f *Filter) *Filter {
	switch {
	case f == nil:
		return &Filter{err: errors.New("filter: $elem_match of none")}
	case f.err != nil:
		return f
	}
	return compare(field, "$elem_match", f)
}

// Point is a place on Earth. In metadata it is an object with lat and lon.
type Point struct {
	Lat float64 `json:"lat"` // degrees north of the equator, -90 to 90
	Lon float64 `json:"lon"` // degrees east of Greenwich, -180 to 180
}

// GeoRadius selects chunks whose field is a place at most so many meters from center, or an
// array with one.
func GeoRadius(field string, center Point, meters float64) *Filter {
	return compare(field, "$geo_radius", map[string]any{"center": center, "radius": meters})
}

// GeoBoundingBox selects chunks whose field is a place between two corners, edges included.
// A box whose left edge is east of its right edge crosses the 180th meridian.
func GeoBoundingBox(field string, topLeft, bottomRight Point) *Filter {
	return compare(field, "$geo_bounding_box", map[string]Point{"top_left": topLeft, "bottom_right": bottomRight})
}

// GeoPolygon selects chunks whose field is a place within the polygon with these corners,
// but in none of holes. Edges are straight in degrees; each polygon has three corners or
// more.
func GeoPolygon(field string, corners []Point, holes ...[]Point) *Filter {
	type ring struct {
		Points []Point `json:"points"`
	}
	interiors := make([]ring, len(holes))
	for i, hole := range holes {
		interiors[i].Points = hole
	}
	return compare(field, "$geo_polygon", map[string]any{"exterior": ring{corners}, "interiors": interiors})
}
