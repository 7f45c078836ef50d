package chromaapi

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/memista/memista/internal/adapters/chromaapi/decode"
	"github.com/memista/memista/internal/adapters/chromaapi/encode"
	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// spaceOf returns the tenant and the database that the path names, or in the first version
// of the API the query.
func spaceOf(c *web.Call) (s collection.Space, err error) {
	if s.Tenant, err = named(c, "tenant", collection.DefaultTenant); err != nil {
		return s, err
	}
	s.Database, err = named(c, "database", collection.DefaultDatabase)
	return s, err
}

// named returns what the path, the query or else def says.
func named(c *web.Call, name, def string) (string, error) {
	text, err := c.PathValue(name)
	if err != nil || text != "" {
		return text, err
	}
	if text, ok := c.Query(name); ok && text != "" {
		return text, nil
	}
	return def, nil
}

// nameIn reads a body that names a tenant or a database.
func nameIn(c *web.Call) (name string, err error) {
	err = c.Body(func(body []byte) (err error) {
		name, err = decode.Name(body)
		return err
	})
	return name, err
}

// createTenant answers POST /tenants.
func (a *api) createTenant(c *web.Call) error {
	name, err := nameIn(c)
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(name) < 3 {
		return refusal.Invalid("Validation error: name: the name of a tenant has at least 3 characters, got %q", name)
	}
	err = a.cols.CreateTenant(c.Context(), name)
	if errors.Is(err, domain.ErrConflict) {
		err = refusal.Exists("Tenant [%s] already exists", name)
	}
	if err != nil {
		return err
	}
	send(c, http.StatusOK, "{}")
	return nil
}

// tenant answers GET /tenants/{tenant}.
func (a *api) tenant(c *web.Call) error {
	name, err := a.existingTenant(c)
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, encode.Tenant{Name: name})
}

func (a *api) existingTenant(c *web.Call) (string, error) {
	name, err := c.PathValue("tenant")
	if err != nil {
		return "", err
	}
	err = a.cols.FindTenant(c.Context(), name)
	if errors.Is(err, domain.ErrNotFound) || errors.Is(err, domain.ErrInvalid) {
		err = refusal.NotFound("Tenant [%s] not found", name)
	}
	return name, err
}

// alterTenant answers PATCH /tenants/{tenant}: there is nothing that memista would keep.
func (a *api) alterTenant(c *web.Call) error {
	if err := c.Body(func([]byte) error { return nil }); err != nil {
		return err
	}
	if _, err := a.existingTenant(c); err != nil {
		return err
	}
	send(c, http.StatusOK, "{}")
	return nil
}

// createSpace answers POST /tenants/{tenant}/databases. A tenant that does not exist is made
// with its first database.
func (a *api) createSpace(c *web.Call) error {
	name, err := nameIn(c)
	if err != nil {
		return err
	}
	if err := decode.CheckName("", name); err != nil {
		return err
	}
	s, err := spaceOf(c)
	if err != nil {
		return err
	}
	s.Database = name
	err = a.cols.CreateSpace(c.Context(), s)
	if errors.Is(err, domain.ErrNotFound) {
		if err = a.cols.CreateTenant(c.Context(), s.Tenant); err == nil || errors.Is(err, domain.ErrConflict) {
			err = a.cols.CreateSpace(c.Context(), s)
		}
	}
	if errors.Is(err, domain.ErrConflict) {
		err = refusal.Exists("Database [%s] already exists", name)
	}
	if err != nil {
		return err
	}
	send(c, http.StatusOK, "{}")
	return nil
}

// space answers GET /tenants/{tenant}/databases/{database}.
func (a *api) space(c *web.Call) error {
	s, err := spaceOf(c)
	if err != nil {
		return err
	}
	err = a.cols.FindSpace(c.Context(), s)
	if errors.Is(err, domain.ErrNotFound) || errors.Is(err, domain.ErrInvalid) {
		err = refusal.NotFound("Database [%s] not found. Are you sure it exists?", s.Database)
	}
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, describeSpace(s))
}

func describeSpace(s collection.Space) encode.Database {
	return encode.Database{ID: spaceID(s).String(), Name: s.Database, Tenant: s.Tenant}
}

// spaceID returns the id of a tenant's database: it has none but its names. That of the
// default one is zero.
func spaceID(s collection.Space) (id collection.UUID) {
	if s == collection.DefaultSpace {
		return id
	}
	sum := sha256.Sum256([]byte(s.Tenant + "\x00" + s.Database))
	copy(id[:], sum[:])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // version 8: made of something else
	return id
}

// spaces answers GET /tenants/{tenant}/databases.
func (a *api) spaces(c *web.Call) error {
	tenant, err := c.PathValue("tenant")
	if err != nil {
		return err
	}
	limit, offset, err := window(c)
	if err != nil {
		return err
	}
	all, err := a.cols.Spaces(c.Context(), tenant)
	if errors.Is(err, domain.ErrNotFound) || errors.Is(err, domain.ErrInvalid) {
		all, err = nil, nil
	}
	if err != nil {
		return err
	}
	list := []encode.Database{}
	for i, s := range all {
		if i >= offset && (limit < 0 || len(list) < limit) {
			list = append(list, describeSpace(s))
		}
	}
	return c.SendValue(http.StatusOK, list)
}

// dropSpace answers DELETE /tenants/{tenant}/databases/{database}.
func (a *api) dropSpace(c *web.Call) error {
	s, err := spaceOf(c)
	if err != nil {
		return err
	}
	err = a.cols.DropSpace(c.Context(), s, c.Reaches)
	switch {
	case errors.Is(err, domain.ErrNotFound):
		err = refusal.NotFound("Database [%s] not found", s.Database)
	case errors.Is(err, domain.ErrConflict):
		err = refusal.New(http.StatusForbidden, "Database [%s] cannot be dropped", s.Database)
	}
	if err != nil {
		return err
	}
	send(c, http.StatusOK, "{}")
	return nil
}

// window returns the query parameters limit, -1 where there is none, and offset.
func window(c *web.Call) (limit, offset int, err error) {
	limit = -1
	for name, to := range map[string]*int{"limit": &limit, "offset": &offset} {
		text, ok := c.Query(name)
		if !ok || text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return 0, 0, refusal.Invalid("Failed to deserialize query string: %s: must be a whole number from 0 on", name)
		}
		*to = int(min(n, 1<<31-1))
	}
	return limit, offset, nil
}
