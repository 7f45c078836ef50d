package fxapp

import (
	"slices"

	"go.uber.org/fx"

	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/ports"
)

// graphs are the graph engines of this build: the one of databases that name none, and
// the others.
type graphs struct {
	fx.Out

	Graph  ports.Engine
	Others []ports.Engine `name:"others"`
}

// newGraphs takes the configured engine for the one of databases that name none, and the
// build's default where that is no graph engine.
func newGraphs(cfg config.Config) graphs {
	all := compose.Graphs()
	at := max(0, position(all, cfg.Data.Engine))
	return graphs{Graph: all[at], Others: slices.Delete(slices.Clone(all), at, at+1)}
}

func position(all []ports.Engine, name string) int {
	return slices.IndexFunc(all, func(e ports.Engine) bool { return e.Name() == name })
}

// engines are the engines of the app, decorated and replaced.
type engines struct {
	fx.In

	Flat   ports.BufferEngine `name:"flat"`
	Graph  ports.Engine
	Others []ports.Engine `name:"others"`
}

// name returns the name of the engine that stands where the configured one stood: one
// that took its place may be called otherwise.
func (e engines) name(configured string) string {
	switch {
	case configured == compose.Flat().Name():
		return e.Flat.Name()
	case position(compose.Graphs(), configured) >= 0:
		return e.Graph.Name()
	}
	return configured // none, or one that the service refuses
}

// graphs returns the graph engines, that of databases that name none first.
func (e engines) graphs() []ports.Engine {
	return append([]ports.Engine{e.Graph}, e.Others...)
}
