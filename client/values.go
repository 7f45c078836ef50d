package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// CountValues counts how many of the chunks that a filter selects have each value of a field
// of the metadata, as facets do: those of most chunks first. A chunk with an array there
// counts for each of its elements. o may be nil.
func (c *Client) CountValues(ctx context.Context, id, field string, o *ValuesOptions) (Values, error) {
	if o == nil {
		o = &ValuesOptions{}
	}
	if err := checkFilter(o.Filter); err != nil {
		return Values{}, err
	}
	name, err := appendText(nil, "field", field)
	if err != nil {
		return Values{}, err
	}
	ask := map[string]json.RawMessage{"field": name, "filter": json.RawMessage(o.Filter.String())}
	if o.Limit != 0 {
		ask["limit"] = json.RawMessage(strconv.Itoa(o.Limit))
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return Values{}, err
	}
	var out struct {
		Values []struct {
			Value  json.RawMessage `json:"value"`
			Chunks int             `json:"chunks"`
		} `json:"values"`
		Distinct int `json:"distinct"`
	}
	if err := c.call(ctx, http.MethodPost, databasePath(id)+"/values", body, &out); err != nil {
		return Values{}, err
	}
	found := Values{Values: make([]ValueCount, len(out.Values)), Distinct: out.Distinct}
	for i, v := range out.Values {
		value, err := scalar(v.Value)
		if err != nil {
			return Values{}, fmt.Errorf("values[%d]: %w", i, err)
		}
		found.Values[i] = ValueCount{Value: value, Chunks: v.Chunks}
	}
	return found, nil
}

// Sample returns n chunks at random, 10 with 0, or all if they are fewer: each as likely as any
// other, none twice. o may be nil.
func (c *Client) Sample(ctx context.Context, id string, n int, o *SampleOptions) ([]Chunk, error) {
	if o == nil {
		o = &SampleOptions{}
	}
	if err := checkFilter(o.Filter); err != nil {
		return nil, err
	}
	body, err := json.Marshal(struct {
		N        int     `json:"n,omitempty"`
		Filter   *Filter `json:"filter,omitempty"`
		Include  *[]Part `json:"include,omitempty"`
		Encoding string  `json:"encoding"`
	}{n, o.Filter, orNil(o.Include), "base64"})
	if err != nil {
		return nil, err
	}
	var out struct {
		Chunks []wireHit `json:"chunks"`
	}
	if err := c.call(ctx, http.MethodPost, databasePath(id)+"/sample", body, &out); err != nil {
		return nil, err
	}
	list := make([]Chunk, len(out.Chunks))
	for i := range out.Chunks {
		list[i] = out.Chunks[i].chunk()
	}
	return list, nil
}

// scalar reads a value as ValueCount has it: an integer of 64 bits stays one.
func scalar(raw json.RawMessage) (value any, err error) {
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n, nil
	}
	if len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') {
		f, _ := strconv.ParseFloat(string(raw), 64) // one beyond float64 is an infinity, as in the library
		return f, nil
	}
	err = json.Unmarshal(raw, &value)
	return value, err
}
