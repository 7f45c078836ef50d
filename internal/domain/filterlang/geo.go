package filterlang

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// Point is a place on Earth, in degrees. In a document it is an object with lat and lon.
type Point struct {
	Lat float64 `json:"lat"` // north of the equator, -90 to 90
	Lon float64 `json:"lon"` // east of Greenwich, -180 to 180
}

// Circle is the places at most Radius meters from Center, along the surface of a sphere.
type Circle struct {
	Center Point   `json:"center"`
	Radius float64 `json:"radius"`
}

// Box is the places between two corners, edges included. If the western edge is east of
// the eastern one, it crosses the 180th meridian.
type Box struct {
	TopLeft     Point `json:"top_left"`
	BottomRight Point `json:"bottom_right"`
}

// Ring is the corners of a polygon, in order; the last is joined with the first.
type Ring struct {
	Points []Point `json:"points"`
}

// Polygon is the places inside Exterior that are in none of Interiors. Its edges are
// straight in degrees, and do not cross the 180th meridian.
type Polygon struct {
	Exterior  Ring   `json:"exterior"`
	Interiors []Ring `json:"interiors,omitempty"`
}

// Area is a part of Earth: just one of its members is not nil.
type Area struct {
	Circle  *Circle
	Box     *Box
	Polygon *Polygon
}

// earthRadius is the mean radius of Earth in meters (IUGG).
const earthRadius = 6_371_008.8

func (a *Area) operator() string {
	switch {
	case a.Circle != nil:
		return "$geo_radius"
	case a.Box != nil:
		return "$geo_bounding_box"
	}
	return "$geo_polygon"
}

// size is how many points a consists of.
func (a *Area) size() int {
	switch {
	case a.Circle != nil:
		return 1
	case a.Box != nil:
		return 2
	}
	n := len(a.Polygon.Exterior.Points)
	for _, ring := range a.Polygon.Interiors {
		n += len(ring.Points)
	}
	return n
}

func (a *Area) appendJSON(b []byte) []byte {
	var value any = a.Polygon
	if a.Circle != nil {
		value = a.Circle
	} else if a.Box != nil {
		value = a.Box
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic("filterlang: an area does not marshal: " + err.Error()) // its numbers are finite
	}
	return append(b, text...)
}

func (a *Area) contains(p Point) bool {
	switch {
	case a.Circle != nil:
		return distance(a.Circle.Center, p) <= a.Circle.Radius
	case a.Box != nil:
		return a.Box.contains(p)
	}
	inside := a.Polygon.Exterior.contains(p)
	for _, ring := range a.Polygon.Interiors {
		inside = inside && !ring.contains(p)
	}
	return inside
}

func (b *Box) contains(p Point) bool {
	west, east := b.TopLeft.Lon, b.BottomRight.Lon
	between := p.Lon >= west && p.Lon <= east
	if west > east {
		between = p.Lon >= west || p.Lon <= east
	}
	return between && p.Lat <= b.TopLeft.Lat && p.Lat >= b.BottomRight.Lat
}

// contains counts how often a ray to the east leaves the ring.
func (r Ring) contains(p Point) bool {
	inside := false
	before := r.Points[len(r.Points)-1]
	for _, at := range r.Points {
		if (at.Lat > p.Lat) != (before.Lat > p.Lat) &&
			p.Lon < at.Lon+(before.Lon-at.Lon)*(p.Lat-at.Lat)/(before.Lat-at.Lat) {
			inside = !inside
		}
		before = at
	}
	return inside
}

// distance is the way between two places over a sphere in meters, by the haversine formula.
func distance(a, b Point) float64 {
	const degree = math.Pi / 180
	sinLat := math.Sin((b.Lat - a.Lat) * degree / 2)
	sinLon := math.Sin((b.Lon - a.Lon) * degree / 2)
	h := sinLat*sinLat + math.Cos(a.Lat*degree)*math.Cos(b.Lat*degree)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}

func (p Point) valid() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

// placeIn reads a point from an object, false if it is none.
func placeIn(object string) (Point, bool) {
	p := Point{Lat: math.NaN(), Lon: math.NaN()}
	w := walk{text: object}
	w.members(func(name string) {
		v := Value{}
		if c := w.next(); c == '-' || c >= '0' && c <= '9' {
			v = w.scalar()
		} else {
			w.skip()
		}
		switch number := v.float(); name {
		case "lat":
			p.Lat = number
		case "lon":
			p.Lon = number
		}
	})
	return p, p.valid()
}

// float is a number as a float64, NaN for anything else.
func (v Value) float() float64 {
	switch v.Kind {
	case IntValue:
		return float64(v.Int)
	case FloatValue:
		return v.Float
	default:
		return math.NaN()
	}
}

// area reads the operand of an operator that asks for places.
func (p *filterParser) area(operator, place string) (*Area, error) {
	var raw json.RawMessage
	if err := p.d.Decode(&raw); err != nil {
		return nil, domain.Errorf(domain.ErrInvalid, "%s: is not valid JSON", place)
	}
	a := &Area{}
	var into any
	var form string
	switch operator {
	case "$geo_radius":
		a.Circle = &Circle{Center: nowhere, Radius: -1}
		into, form = a.Circle, `{"center": {"lat": 52.5, "lon": 13.4}, "radius": 1000} with meters`
	case "$geo_bounding_box":
		a.Box = &Box{TopLeft: nowhere, BottomRight: nowhere}
		into, form = a.Box, `{"top_left": {"lat": 52.6, "lon": 13.3}, "bottom_right": {"lat": 52.4, "lon": 13.5}}`
	default:
		a.Polygon = &Polygon{}
		into, form = a.Polygon, `{"exterior": {"points": [{"lat": 52.6, "lon": 13.3}, …]}} with three points or more, and perhaps interiors`
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || !a.valid() {
		return nil, domain.Errorf(domain.ErrInvalid, "%s: must be %s; lat is from -90 to 90, lon from -180 to 180", place, form)
	}
	return a, p.take(place, a.size())
}

// nowhere is no valid point, so that one that is missing is found.
var nowhere = Point{Lat: math.Inf(1), Lon: math.Inf(1)}

func (a *Area) valid() bool {
	switch {
	case a.Circle != nil:
		return a.Circle.Center.valid() && a.Circle.Radius >= 0
	case a.Box != nil:
		return a.Box.TopLeft.valid() && a.Box.BottomRight.valid() && a.Box.TopLeft.Lat >= a.Box.BottomRight.Lat
	}
	valid := a.Polygon.Exterior.valid()
	for _, ring := range a.Polygon.Interiors {
		valid = valid && ring.valid()
	}
	return valid
}

func (r Ring) valid() bool {
	valid := len(r.Points) >= 3
	for _, p := range r.Points {
		valid = valid && p.valid()
	}
	return valid
}

// UnmarshalJSON reads a point that has both of its members.
func (p *Point) UnmarshalJSON(raw []byte) error {
	var both struct{ Lat, Lon *float64 }
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(&both); err != nil {
		return err
	}
	*p = nowhere
	if both.Lat != nil && both.Lon != nil {
		*p = Point{Lat: *both.Lat, Lon: *both.Lon}
	}
	return nil
}
