package moving

import (
	"context"

	"github.com/memista/memista/internal/domain/capability"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/feed"
)

// None is the mover of a backend that can move no database: it refuses all, with Reason.
type None struct{ Reason string }

func (n None) refuse() error { return capability.Refuse(capability.ChangeFeed, n.Reason) }

// Changes refuses.
func (n None) Changes(context.Context, Changes) (ChangePage, error) { return ChangePage{}, n.refuse() }

// Load refuses.
func (n None) Load(context.Context, Load) (Loaded, error) { return Loaded{}, n.refuse() }

// Hold refuses.
func (n None) Hold(context.Context, string, *feed.Hold) (feed.State, error) {
	return feed.State{}, n.refuse()
}

// CarriedNames refuses.
func (n None) CarriedNames(context.Context) (collection.Names, error) {
	return collection.Names{}, n.refuse()
}

// PutNames refuses.
func (n None) PutNames(context.Context, collection.Names) error { return n.refuse() }
