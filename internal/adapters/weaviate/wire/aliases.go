package wire

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/memista/memista/internal/domain"
)

// CreateAlias gives a class another name. A name that is taken, be it by an alias for the same
// class, is ErrConflict: of all that try at once one succeeds. A node that breaks off in the
// middle leaves open whether it was made.
func (c *Client) CreateAlias(ctx context.Context, alias, class string) error {
	body := map[string]string{"alias": alias, "class": class}
	return c.rest(ctx, call{name: "create_alias", method: http.MethodPost, path: "/v1/aliases", body: body})
}

// DropAlias takes a name away from its class. One that is not there is no error.
func (c *Client) DropAlias(ctx context.Context, alias string) error {
	if err := refuseEmpty("an alias", alias); err != nil {
		return err
	}
	err := c.rest(ctx, call{name: "drop_alias", method: http.MethodDelete, path: "/v1/aliases/" + url.PathEscape(alias), repeatable: true})
	if errors.Is(err, domain.ErrNotFound) {
		return nil
	}
	return err
}
