package filter

import (
	"encoding/json"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// area reads a part of Earth.
func (r *reader) area(name string, field filterlang.Field) (filterlang.Filter, error) {
	raw, err := r.Value()
	if err != nil {
		return filterlang.Filter{}, err
	}
	var operator string
	var form any
	switch name {
	case "geo_radius":
		operator, form = "$geo_radius", new(struct {
			Center *place   `json:"center"`
			Radius *float64 `json:"radius"`
		})
	case "geo_bounding_box":
		operator, form = "$geo_bounding_box", new(struct {
			TopLeft     *place `json:"top_left"`
			BottomRight *place `json:"bottom_right"`
		})
	default:
		operator, form = "$geo_polygon", new(struct {
			Exterior  *ring  `json:"exterior"`
			Interiors []ring `json:"interiors,omitempty"`
		})
	}
	// Through the form, so that what memista does not know is left out.
	if err := json.Unmarshal(raw, form); err != nil {
		return filterlang.Filter{}, domain.Errorf(domain.ErrInvalid, "%s: %v", name, err)
	}
	text, err := json.Marshal(map[string]any{"x": map[string]any{operator: form}})
	if err != nil {
		return filterlang.Filter{}, domain.Errorf(domain.ErrInvalid, "%s: %v", name, err)
	}
	f, err := filterlang.Parse(text)
	f.Field = field
	return f, err
}

// place is a place on Earth in degrees.
type place struct {
	Lat *float64 `json:"lat"`
	Lon *float64 `json:"lon"`
}

// ring is the corners of a polygon.
type ring struct {
	Points []place `json:"points"`
}
