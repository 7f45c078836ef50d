package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// Backup writes a copy of all databases, as they are at one moment, to w and returns its
// size. It is a SQLite file that memista restore takes. An error means that what was
// written is not whole.
func (c *Client) Backup(ctx context.Context, w io.Writer) (int64, error) {
	res, err := c.exchange(ctx, request{method: http.MethodGet, path: "/v1/backup"})
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }() // all that matters of it has been read
	n, err := io.Copy(w, res.Body)
	if err != nil {
		return n, fmt.Errorf("backup: cut off after %d bytes: %w", n, err)
	}
	if res.ContentLength < 0 || n != res.ContentLength {
		return n, fmt.Errorf("backup: %d bytes came, %d were announced", n, res.ContentLength)
	}
	return n, nil
}
