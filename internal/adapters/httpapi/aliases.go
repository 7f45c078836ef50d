package httpapi

import (
	"net/http"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain/collection"
)

type aliasList struct {
	Aliases []alias `json:"aliases"`
}

type alias struct {
	Alias    string `json:"alias"`
	Database string `json:"database"`
}

// aliases answers GET /v1/aliases, with those that the caller's key reaches as it does the
// database.
func (a *api) aliases(c *web.Call) error {
	all, err := a.uses.Aliases(c.Context())
	if err != nil {
		return err
	}
	list := aliasList{Aliases: []alias{}}
	for _, found := range all {
		if c.Reaches(found.Alias) && c.Reaches(found.ID) {
			list.Aliases = append(list.Aliases, alias{found.Alias, found.ID})
		}
	}
	return c.SendValue(http.StatusOK, list)
}

type doneActions struct {
	Done int `json:"done"`
}

// changeAliases answers POST /v1/aliases. The caller's key must reach every alias, and every
// database for which one is made.
func (a *api) changeAliases(c *web.Call) error {
	var actions []collection.AliasAction
	err := c.Body(func(body []byte) (err error) {
		actions, err = decode.AliasActions(body)
		return err
	})
	if err == nil {
		err = a.uses.ChangeAliases(c.Context(), actions, c.Reaches)
	}
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, doneActions{len(actions)})
}
