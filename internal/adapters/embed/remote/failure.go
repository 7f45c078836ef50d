package remote

import (
	"errors"

	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/domain"
)

// kinds are those of the port.
var kinds = map[provider.Kind]error{
	provider.Failed: domain.ErrEmbedder, provider.TimedOut: domain.ErrEmbedderTimeout, provider.Busy: domain.ErrEmbedderBusy,
}

// asError makes what callers see of what a call returned.
func asError(err error, ref domain.EmbedderRef) error {
	f, ok := errors.AsType[*provider.Failure](err)
	if !ok {
		return err
	}
	e := &domain.EmbedderError{Kind: kinds[f.Kind], Ref: ref, Message: f.Message, Said: f.Said}
	if f.Kind == provider.Busy {
		e.RetryAfter = f.RetryAfter
	}
	return e
}
