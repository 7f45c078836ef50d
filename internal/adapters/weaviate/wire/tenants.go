package wire

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/memista/memista/internal/domain"
)

// Tenant is a part of a class with a shard of its own.
type Tenant struct {
	Name   string `json:"name"`                     // up to 64 of letters, digits, _ and -
	Status string `json:"activityStatus,omitempty"` // sent: ACTIVE or INACTIVE, "" means ACTIVE; answered: HOT or COLD
}

func tenantsPath(class string) string {
	return "/v1/schema/" + url.PathEscape(class) + "/tenants"
}

// AddTenants adds tenants to a class. Those that are there stay as they are.
func (c *Client) AddTenants(ctx context.Context, class string, tenants ...Tenant) error {
	return c.rest(ctx, call{name: "add_tenants", method: http.MethodPost, path: tenantsPath(class), body: tenants, repeatable: true})
}

// UpdateTenants changes the status of tenants.
func (c *Client) UpdateTenants(ctx context.Context, class string, tenants ...Tenant) error {
	return c.rest(ctx, call{name: "update_tenants", method: http.MethodPut, path: tenantsPath(class), body: tenants, repeatable: true})
}

// Tenants returns all tenants of a class.
func (c *Client) Tenants(ctx context.Context, class string) ([]Tenant, error) {
	var tenants []Tenant
	err := c.rest(ctx, call{name: "tenants", method: http.MethodGet, path: tenantsPath(class), into: &tenants, repeatable: true})
	return tenants, err
}

// Tenant returns a tenant, ErrNotFound if there is none of the name.
func (c *Client) Tenant(ctx context.Context, class, name string) (Tenant, error) {
	var t Tenant
	err := c.rest(ctx, call{name: "tenant", method: http.MethodGet, path: tenantsPath(class) + "/" + url.PathEscape(name), into: &t, repeatable: true})
	return t, err
}

// DropTenants drops tenants with all their objects. Those that are not there are no error.
func (c *Client) DropTenants(ctx context.Context, class string, names ...string) error {
	err := c.rest(ctx, call{name: "drop_tenants", method: http.MethodDelete, path: tenantsPath(class), body: names, repeatable: true})
	if errors.Is(err, domain.ErrNotFound) { // the class is not there
		return nil
	}
	return err
}
