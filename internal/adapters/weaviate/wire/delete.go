package wire

import "context"

// Deleted says what became of the objects that a filter selects.
type Deleted struct {
	Matched int64 // at most what the cluster's QUERY_MAXIMUM_RESULTS says: 10,000 by default
	Deleted int64
	Failed  int64
}

// DeleteWhere deletes the objects that a filter selects, as many as a cluster does at once:
// where Matched is not 0 more may be left. With dry nothing is deleted.
func (c *Client) DeleteWhere(ctx context.Context, p Place, f Filter, dry bool) (d Deleted, err error) {
	err = c.call(ctx, "delete_where", "BatchDelete", encodeDelete(p, &f, dry, c.options.Write), func(answer []byte) (err error) {
		d, err = decodeDelete(answer)
		return err
	})
	return d, err
}
