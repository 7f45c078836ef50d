// Package bridge leads from a *memista.DB to the use cases behind it, and back, for the
// packages of this module that need both: so that no internal type stands in the public API.
package bridge

import (
	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/app/usecase"
)

// Both are set once, when package memista is linked.
var (
	serviceOf func(db api.Service) usecase.Backend
	wrap      func(usecase.Backend) api.Service
)

// Register is called by package memista.
func Register(of func(db api.Service) usecase.Backend, from func(usecase.Backend) api.Service) {
	serviceOf, wrap = of, from
}

// ServiceOf returns the use cases behind db, a *memista.DB.
func ServiceOf(db api.Service) usecase.Backend { return serviceOf(db) }

// Wrap returns a *memista.DB over svc. Package memista has to be linked.
func Wrap(svc usecase.Backend) api.Service { return wrap(svc) }
