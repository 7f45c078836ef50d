package filterlang_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"

	"github.com/memista/memista/internal/domain/filterlang"
)

// encode writes what decode has read.
func encode(v any) string {
	switch v := v.(type) {
	case []member:
		parts := make([]string, len(v))
		for i, m := range v {
			parts[i] = encode(m.name) + ":" + encode(m.value)
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = encode(e)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case *big.Rat:
		if v.IsInt() && v.Num().IsInt64() {
			return v.Num().String()
		}
		f, _ := v.Float64()
		return encode(f)
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return string(raw)
	}
}

// isPlaceIn reports whether v is an object with lat and lon, the last of each, in an area.
func isPlaceIn(a *filterlang.Area, v any) bool {
	object, _ := v.([]member)
	at := map[string]float64{}
	for _, m := range object {
		at[m.name] = 1000
		if n, ok := m.value.(*big.Rat); ok {
			at[m.name], _ = n.Float64()
		}
	}
	lat, hasLat := at["lat"]
	lon, hasLon := at["lon"]
	switch {
	case !hasLat || !hasLon || math.Abs(lat) > 90 || math.Abs(lon) > 180:
		return false
	case a.Circle != nil: // by the spherical law of cosines, which is less exact for short ways
		const degree = math.Pi / 180
		c := a.Circle.Center
		cos := math.Sin(lat*degree)*math.Sin(c.Lat*degree) + math.Cos(lat*degree)*math.Cos(c.Lat*degree)*math.Cos((lon-c.Lon)*degree)
		if lat == c.Lat && lon == c.Lon {
			cos = 1
		}
		return math.Acos(max(-1, min(1, cos)))*6371008.8 <= a.Circle.Radius
	case a.Box != nil:
		width := math.Mod(a.Box.BottomRight.Lon-a.Box.TopLeft.Lon+360, 360)
		if a.Box.BottomRight.Lon-a.Box.TopLeft.Lon == 360 {
			width = 360
		}
		return lat <= a.Box.TopLeft.Lat && lat >= a.Box.BottomRight.Lat && math.Mod(lon-a.Box.TopLeft.Lon+360, 360) <= width
	}
	inside := turns(a.Polygon.Exterior, lat, lon)
	for _, hole := range a.Polygon.Interiors {
		inside = inside && !turns(hole, lat, lon)
	}
	return inside
}

// turns reports whether a place is within a ring: an odd number of its edges lie to the
// east. An edge has its southern end and not its northern one.
func turns(r filterlang.Ring, lat, lon float64) bool {
	n := 0
	for i, a := range r.Points {
		b := r.Points[(i+1)%len(r.Points)]
		if a.Lat > b.Lat {
			a, b = b, a
		}
		if a.Lat > lat || lat >= b.Lat {
			continue
		}
		if lon < a.Lon+(lat-a.Lat)/(b.Lat-a.Lat)*(b.Lon-a.Lon) {
			n++
		}
	}
	return n%2 == 1
}
