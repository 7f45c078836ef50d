package qdrantapi

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain/collection"
)

// telemetry answers GET /telemetry, which tells nothing but what the caller may know.
func (a *api) telemetry(c call) error {
	all, err := a.cols.List(c.Context(), collections.List{Space: collection.DefaultSpace, Reach: c.Reaches})
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(a.opts.Version))
	return c.sendAppended(func(b []byte) ([]byte, error) {
		b = append(append(append(b, `{"id":"`...), hex.EncodeToString(sum[:16])...), `","app":{"name":"memista","version":`...)
		b = wire.AppendString(b, a.opts.Version)
		return fmt.Appendf(b, `},"collections":{"number_of_collections":%d}}`, len(all)), nil
	})
}

// cluster answers GET /cluster: there is none.
func (a *api) cluster(c call) error { return c.sendJSON(`{"status":"disabled"}`) }

// issues answers GET /issues.
func (a *api) issues(c call) error { return c.sendJSON(`{"issues":[]}`) }

// livez answers GET /livez.
func (a *api) livez(c call) error {
	c.SendAs("text/plain; charset=utf-8", http.StatusOK, []byte("healthz check passed"))
	return nil
}

// clusterOf answers GET /collections/{collection}/cluster: all of it is here.
func (a *api) clusterOf(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	n, err := a.uses.Count(c.Context(), t.ID, nil)
	if err != nil {
		return t.inWords(err)
	}
	return c.sendJSON(fmt.Sprintf(`{"peer_id":0,"shard_count":1,"local_shards":[{"shard_id":0,"points_count":%d,"state":"Active"}],"remote_shards":[],"shard_transfers":[]}`, n))
}
