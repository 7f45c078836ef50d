package chromaapi

import (
	"net/http"
	"strconv"

	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain/collection"
)

// What does not change. Clients cut their batches by the size, and send base64 where it is
// understood.
const (
	preflight = `{"max_batch_size":5461,"supports_base64_encoding":true}`
	identity  = `{"user_id":"","tenant":"default_tenant","databases":["default_database"]}`
)

// sends answers with the same JSON each time.
func sends(body string) func(*web.Call) error {
	return func(c *web.Call) error {
		send(c, http.StatusOK, body)
		return nil
	}
}

// send answers without an end of line, as Chroma does: the client for Go takes all but the
// quotes of GET /version as the version.
func send(c *web.Call, status int, body string) { c.Send(status, []byte(body)) }

// refuses answers with 501 and the reason.
func refuses(reason string) func(*web.Call) error {
	return func(*web.Call) error { return refusal.Unimplemented("%s", reason) }
}

// heartbeat answers GET /heartbeat.
func (a *api) heartbeat(c *web.Call) error {
	send(c, http.StatusOK, `{"nanosecond heartbeat":`+strconv.FormatInt(a.now().UnixNano(), 10)+`}`)
	return nil
}

// healthcheck answers GET /healthcheck.
func (a *api) healthcheck(c *web.Call) error {
	send(c, http.StatusOK, `{"is_executor_ready":true,"is_log_client_ready":true}`)
	return nil
}

// reset answers POST /reset, which drops all databases of memista, whoever has made them. The
// databases of other tenants than the default one are empty then, and stay.
func (a *api) reset(c *web.Call) error {
	if !a.opts.AllowReset {
		return refusal.New(http.StatusForbidden, "Reset is disabled by config")
	}
	ctx := c.Context()
	all, err := a.uses.Databases(ctx)
	if err != nil {
		return err
	}
	for _, d := range all {
		if _, err := a.uses.Drop(ctx, d.ID); err != nil {
			return err
		}
	}
	spaces, err := a.cols.Spaces(ctx, collection.DefaultTenant)
	if err != nil {
		return err
	}
	for _, s := range spaces {
		if s == collection.DefaultSpace {
			continue
		}
		if err := a.cols.DropSpace(ctx, s, nil); err != nil {
			return err
		}
	}
	send(c, http.StatusOK, "true")
	return nil
}
