package qdrantapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
)

// TestMatrixOfPointsWithVectors samples no others: three of many are compared each time.
func TestMatrixOfPointsWithVectors(t *testing.T) {
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/m", `{"vectors":{"size":2,"distance":"Dot"}}`)
	points := []string{`{"id":1001,"vector":[1,0]}`, `{"id":1002,"vector":[0,1]}`, `{"id":1003,"vector":[1,1]}`}
	for i := range 200 {
		points = append(points, fmt.Sprintf(`{"id":%d,"vector":{}}`, i+1))
	}
	c.ok("PUT", "/collections/m/points", `{"points":[`+strings.Join(points, ",")+`]}`)
	for range 5 {
		var pairs struct{ Pairs []struct{ A, B int } }
		if err := json.Unmarshal([]byte(c.ok("POST", "/collections/m/points/search/matrix/pairs", `{"sample":3,"limit":2}`)), &pairs); err != nil || len(pairs.Pairs) != 6 {
			t.Errorf("pairs %+v, %v; want six", pairs, err)
		}
		var offsets struct{ IDs []int }
		if err := json.Unmarshal([]byte(c.ok("POST", "/collections/m/points/search/matrix/offsets", `{"sample":2,"limit":1}`)), &offsets); err != nil || len(offsets.IDs) != 2 {
			t.Errorf("offsets %+v, %v; want two points", offsets, err)
		}
	}
}
