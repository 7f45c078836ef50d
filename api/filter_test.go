package api_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/api"
)

// Every function writes the operator that is meant, and what it writes is a filter.
func TestFiltersAsJSON(t *testing.T) {
	at := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	for want, f := range map[string]*api.Filter{
		`{"a":{"$eq":"x<y"}}`:                                api.Eq("a", "x<y"),
		`{"a":{"$eq":null}}`:                                 api.Eq("a", nil),
		`{"a":{"$ne":true}}`:                                 api.Ne("a", true),
		`{"a":{"$gt":"2026-11-30T08:00:00Z"}}`:               api.Gt("a", at),
		`{"a":{"$gte":3}}`:                                   api.Gte("a", 3),
		`{"a":{"$lt":0.5}}`:                                  api.Lt("a", 0.5),
		`{"a.b":{"$lte":-1}}`:                                api.Lte("a.b", -1),
		`{"$key":{"$in":["p","q"]}}`:                         api.In(api.FieldKey, "p", "q"),
		`{"a":{"$in":[]}}`:                                   api.In[string]("a"),
		`{"a":{"$in":[1,2]}}`:                                api.In("a", []byte{1, 2}...),
		`{"a":{"$nin":["p",1]}}`:                             api.Nin[any]("a", "p", 1),
		`{"a":{"$exists":true}}`:                             api.Exists("a"),
		`{"$text":{"$contains":"cat"}}`:                      api.Contains(api.FieldText, "cat"),
		`{"$and":[{"a":{"$eq":1}},{"b":{"$eq":2}}]}`:         api.And(api.Eq("a", 1), nil, api.And(), api.Eq("b", 2)),
		`{"a":{"$eq":1}}`:                                    api.And(nil, api.Eq("a", 1)),
		`{}`:                                                 api.And(nil),
		`{"$or":[{"a":{"$eq":1}},{"$not":{"b":{"$eq":2}}}]}`: api.Or(api.Eq("a", 1), api.Not(api.Eq("b", 2))),
		`{"a":{"$not_contains":"x"}}`:                        api.NotContains("a", "x"),
		`{"a":{"$regex":"^x[0-9]+"}}`:                        api.Regex("a", "^x[0-9]+"),
		`{"a":{"$size":{"$gte":1,"$lte":2}}}`:                api.Size("a", 1, 2),
		`{"a":{"$size":{"$gte":2}}}`:                         api.Size("a", 2, -1),
		`{"a":{"$elem_match":{"b":{"$eq":1}}}}`:              api.ElemMatch("a", api.Eq("b", 1)),
		`{"$at_least":{"count":1,"of":[{"a":{"$eq":1}}]}}`:   api.AtLeast(1, api.Eq("a", 1)),
		`{"a":{"$geo_radius":{"center":{"lat":52.5,"lon":13.4},"radius":1000}}}`:                                                api.GeoRadius("a", api.Point{Lat: 52.5, Lon: 13.4}, 1000),
		`{"a":{"$geo_bounding_box":{"bottom_right":{"lat":-1,"lon":2},"top_left":{"lat":1,"lon":0}}}}`:                          api.GeoBoundingBox("a", api.Point{Lat: 1}, api.Point{Lat: -1, Lon: 2}),
		`{"a":{"$geo_polygon":{"exterior":{"points":[{"lat":0,"lon":0},{"lat":1,"lon":0},{"lat":0,"lon":1}]},"interiors":[]}}}`: api.GeoPolygon("a", []api.Point{{}, {Lat: 1}, {Lon: 1}}),
		`{"page": {"$gte": 3}}`: api.FilterJSON(` {"page": {"$gte": 3}} `),
	} {
		if f.Err() != nil || f.String() != want {
			t.Errorf("filter = %s, %v; want %s", f, f.Err(), want)
		}
		if _, err := filterlang.Parse([]byte(f.String())); err != nil {
			t.Errorf("%s is no filter: %v", f, err)
		}
	}
}

func TestWhatIsNoFilter(t *testing.T) {
	nan := api.Eq("a", math.NaN())
	for name, f := range map[string]*api.Filter{
		"NaN": nan, "Or of NaN": api.Or(api.Eq("a", 1), nan), "Not of NaN": api.Not(nan), "And of NaN": api.And(api.Eq("a", 1), nan),
		"Not of nil": api.Not(nil), "Or of nil": api.Or(nil), "AtLeast of nil": api.AtLeast(1, nil), "AtLeast -1": api.AtLeast(-1, api.Eq("a", 1)), "AtLeast 0": api.AtLeast(0, api.Eq("a", 1)), "AtLeast 2 of 1": api.AtLeast(2, api.Eq("a", 1)), "ElemMatch of nil": api.ElemMatch("a", nil), "ElemMatch of NaN": api.ElemMatch("a", nan), "half of JSON": api.FilterJSON(`{"a":`), "a broken text": api.Eq("a", "caf\xe9"),
	} {
		if f.Err() == nil {
			t.Errorf("%s: %s has no error", name, f)
		}
		if raw, err := json.Marshal(f); err == nil {
			t.Errorf("%s is written as %s", name, raw)
		}
	}
}

func TestMetadata(t *testing.T) {
	type page struct {
		Page int    `json:"page"`
		By   string `json:"by,omitempty"`
	}
	for want, m := range map[string]api.Metadata{
		`{"page":3}`:         api.Meta(page{Page: 3}),
		`{"by":"a&b"}`:       api.Meta(map[string]any{"by": "a&b"}),
		`"plain"`:            api.Meta("plain"),
		`"\\ufffd and �"`:    api.Meta(`\ufffd and �`),
		`null`:               api.Meta(nil),
		`{"n": 1.50}`:        api.Meta(json.RawMessage(` {"n": 1.50} `)),
		``:                   {},
		`{"again":[1,null]}`: api.Meta(api.Meta(json.RawMessage(`{"again":[1,null]}`))),
	} {
		if m.Err() != nil || m.String() != want {
			t.Errorf("metadata = %s, %v; want %s", m, m.Err(), want)
		}
	}
	var got page
	if err := api.Meta(map[string]any{"page": 4, "by": "Ann"}).Decode(&got); err != nil || got != (page{4, "Ann"}) {
		t.Errorf("Decode = %+v, %v", got, err)
	}
	for name, m := range map[string]api.Metadata{
		"a channel": api.Meta(make(chan int)), "half of JSON": api.Meta(json.RawMessage(`{`)), "a broken text": api.Meta("caf\xe9"), "one inside": api.Meta(map[string]any{"a": []string{"caf\xe9"}}),
	} {
		if m.Err() == nil || m.Decode(&got) == nil || m.IsZero() {
			t.Errorf("%s: %s has no error", name, m)
		}
	}
}
