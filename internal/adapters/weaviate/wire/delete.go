package wire

import (
	"context"
	"net/http"
	"net/url"
)

// Deleted says what became of the objects that a filter selects.
type Deleted struct {
	Matched int64 // at most what the cluster's QUERY_MAXIMUM_RESULTS says: 10,000 by default
	Deleted int64
	Failed  int64
}

// DeleteWhere deletes the objects that a filter selects, as many as a cluster does at once:
// where Matched is not 0 more may be left. With dry nothing is deleted.
func (c *Client) DeleteWhere(ctx context.Context, p Place, f Filter, dry bool) (Deleted, error) {
	q := url.Values{"consistency_level": {string(c.options.Write)}}
	if p.Tenant != "" {
		q.Set("tenant", p.Tenant)
	}
	body := map[string]any{
		"match":  map[string]any{"class": p.Class, "where": f.rest()},
		"output": "minimal",
		"dryRun": dry,
	}
	var answer struct {
		Results struct {
			Matches    int64 `json:"matches"`
			Successful int64 `json:"successful"`
			Failed     int64 `json:"failed"`
		} `json:"results"`
	}
	err := c.rest(ctx, call{name: "delete_where", method: http.MethodDelete, path: "/v1/batch/objects?" + q.Encode(), body: body, into: &answer, repeatable: true})
	return Deleted{answer.Results.Matches, answer.Results.Successful, answer.Results.Failed}, err
}
