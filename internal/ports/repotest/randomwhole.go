package repotest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/memista/memista/internal/domain/filterlang"
)

// randomWhole returns what stands beside a field that is asked for the number of its
// values, for elements that are objects, or for places.
func randomWhole(r *rand.Rand, depth int) string {
	switch r.IntN(7) {
	case 5, 6:
		return `{"$any_value":` + randomValueTest(r, 0) + `}`
	case 0:
		return fmt.Sprintf(`{"$size":%d}`, r.IntN(4))
	case 1:
		low := r.IntN(4)
		return pick(r, []string{
			fmt.Sprintf(`{"$size":{"$gte":%d}}`, low), fmt.Sprintf(`{"$size":{"$gt":%d,"$lt":%d}}`, low, low+2),
			fmt.Sprintf(`{"$size":{"$lte":%d,"$eq":%d}}`, low, r.IntN(3)), fmt.Sprintf(`{"$size":{"$lt":%d}}`, low),
		})
	case 2, 3:
		return `{"$elem_match":` + randomElementFilter(r, depth+1) + `}`
	}
	return randomArea(r)
}

// randomValueTest returns what one value is asked.
func randomValueTest(r *rand.Rand, depth int) string {
	low, high := pick(r, randomNumbers), pick(r, randomNumbers)
	early, late := quoteJSON(r, pick(r, randomTexts)), quoteJSON(r, pick(r, randomTexts))
	tests := []string{
		fmt.Sprintf(`{"$gte":%s,"$lt":%s}`, low, high), fmt.Sprintf(`{"$gt":%s,"$lte":%s}`, early, late),
		fmt.Sprintf(`{"$nin":[%s,%s,null]}`, low, early), fmt.Sprintf(`{"$gt":%s,"$regex":"^2"}`, early),
		fmt.Sprintf(`{"$ne":%s,"$contains":"a"}`, late), fmt.Sprintf(`{"$lte":%s,"$not":{"$eq":0}}`, high),
	}
	if depth < 2 && r.IntN(3) == 0 {
		return fmt.Sprintf(`{%s:[%s,%s]}`, pick(r, []string{`"$and"`, `"$or"`}), randomValueTest(r, depth+1), randomValueTest(r, depth+1))
	}
	return pick(r, tests)
}

// randomElementFilter is a random filter that does not ask for the id, key or text of the
// chunk.
func randomElementFilter(r *rand.Rand, depth int) string {
	for {
		text := randomFilter(r, depth)
		if _, err := filterlang.Parse([]byte(`{"a":{"$elem_match":` + text + `}}`)); err == nil {
			return text
		}
	}
}

// Degrees of random places: few, so that they often are in an area, or on its edge.
var randomDegrees = []string{"0", "1", "-1.5", "2", "3.5", "179", "-179.5", "10"}

// randomPlace returns an object that is a place, or almost one.
func randomPlace(r *rand.Rand) string {
	lat := pick(r, []string{"0", "1", "-1.5", "2", "3.5", "89", `"1"`, "95"})
	form := pick(r, []string{`{"lat":%s,"lon":%s}`, `{"lon":%[2]s,"name":"x","lat":%[1]s}`, `{"lat":%s,"lng":%s}`})
	return fmt.Sprintf(form, lat, pick(r, randomDegrees))
}

func randomArea(r *rand.Rand) string {
	degree := func() string { return pick(r, randomDegrees[:5]) }
	point := func(lat, lon string) string { return fmt.Sprintf(`{"lat":%s,"lon":%s}`, lat, lon) }
	switch r.IntN(3) {
	case 0:
		return fmt.Sprintf(`{"$geo_radius":{"center":%s,"radius":%s}}`, point(degree(), pick(r, randomDegrees)), pick(r, []string{"0", "120000", "300000.5", "2e7"}))
	case 1:
		bottom, top := r.IntN(4)-2, r.IntN(4)+1
		return fmt.Sprintf(`{"$geo_bounding_box":{"top_left":%s,"bottom_right":%s}}`,
			point(fmt.Sprint(top), pick(r, randomDegrees)), point(fmt.Sprint(bottom), pick(r, randomDegrees)))
	}
	corners := func() string {
		points := make([]string, 3+r.IntN(3))
		for i := range points {
			points[i] = point(degree(), degree())
		}
		return `{"points":[` + strings.Join(points, ",") + `]}`
	}
	holes := ""
	if r.IntN(3) == 0 {
		holes = `,"interiors":[` + corners() + `]`
	}
	return `{"$geo_polygon":{"exterior":` + corners() + holes + `}}`
}
