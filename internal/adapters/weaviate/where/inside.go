package where

import (
	"math"
	"strings"

	"github.com/memista/memista/internal/domain/filterlang"
)

// within returns the prefix of what is inside a field; false if that is not known by names.
func within(f filterlang.Field, p prefix) (prefix, bool) {
	if f.Strict {
		return prefix{}, false
	}
	name := strings.Join(f.Path, ".")
	if p.inner {
		name = p.name + "." + name
	}
	return prefix{name, true}, true
}

// elements is the chunks that may have an object in the array at a field that sub accepts.
func elements(sub *filterlang.Filter, f filterlang.Field, p prefix) Set {
	inner, ok := within(f, p)
	if !ok {
		return everything
	}
	return boundsOf(sub, inner).upper
}

// area is the chunks that may have a place in a at a field.
func area(a *filterlang.Area, f filterlang.Field, p prefix) Set {
	inner, ok := within(f, p)
	if !ok {
		return everything
	}
	lat := []field{{name: inner.name + ".lat"}}
	lon := []field{{name: inner.name + ".lon"}}
	south, north, west, east := frame(a)
	latitude := degrees(lat, south, north)
	switch {
	case west <= -180 && east >= 180:
		return latitude
	case west > east: // over the 180th meridian
		return and(latitude, or(degrees(lon, west, 180), degrees(lon, -180, east)))
	}
	return and(latitude, degrees(lon, west, east))
}

// degrees is the chunks with a number from lo to hi.
func degrees(fields []field, lo, hi float64) Set {
	from, _ := numberKey(filterlang.Value{Kind: filterlang.FloatValue, Float: lo})
	to, _ := numberKey(filterlang.Value{Kind: filterlang.FloatValue, Float: hi})
	return between(from, to, numberIn, numberEnd, fields)
}

// frame returns bounds of an area in degrees, a little wider than it is. West is east of
// east where it crosses the 180th meridian.
func frame(a *filterlang.Area) (south, north, west, east float64) {
	const more = 1e-6
	switch {
	case a.Circle != nil:
		return around(a.Circle.Center, a.Circle.Radius+1)
	case a.Box != nil:
		south, north = a.Box.BottomRight.Lat, a.Box.TopLeft.Lat
		west, east = a.Box.TopLeft.Lon, a.Box.BottomRight.Lon
		if west > east && west-east <= 2*more {
			west, east = -180, 180
		}
	default:
		south, north, west, east = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
		for _, p := range a.Polygon.Exterior.Points {
			south, north = min(south, p.Lat), max(north, p.Lat)
			west, east = min(west, p.Lon), max(east, p.Lon)
		}
	}
	return south - more, north + more, west - more, east + more
}

// around returns bounds of a circle. One that reaches a pole has all longitudes.
func around(center filterlang.Point, radius float64) (south, north, west, east float64) {
	const earthRadius, degree = 6_371_008.8, math.Pi / 180
	angle := radius / earthRadius
	south, north = center.Lat-angle/degree, center.Lat+angle/degree
	if south <= -90 || north >= 90 || angle >= math.Pi/2 {
		return south, north, -180, 180
	}
	width := math.Asin(min(1, math.Sin(angle)/math.Cos(center.Lat*degree))) / degree
	west, east = center.Lon-width, center.Lon+width
	if west < -180 {
		west += 360
	}
	if east > 180 {
		east -= 360
	}
	return south, north, west, east
}
