// Package waiting lets a call give back what it holds of this process while it waits for
// another one, so that a provider which hangs keeps nobody else from being served.
package waiting

import "context"

// Holder is what a call holds. Its methods are called one after the other.
type Holder interface {
	// Release gives back what is held, or refuses to have one more waiting.
	Release() error
	// Regain takes again what was held. After an error nothing is held.
	Regain(ctx context.Context) error
}

type key struct{}

// With returns a context whose call holds h. It is for the calls of one goroutine at a time.
func With(ctx context.Context, h Holder) context.Context { return context.WithValue(ctx, key{}, h) }

// For calls fn, which waits for something outside of this process, without what the call of
// ctx holds. It returns the error of fn, or says that the call could not wait, or not go on.
func For(ctx context.Context, fn func() error) (err error) {
	h, ok := ctx.Value(key{}).(Holder)
	if !ok {
		return fn()
	}
	if err := h.Release(); err != nil {
		return err
	}
	defer func() { // also when fn panics
		if again := h.Regain(ctx); err == nil {
			err = again
		}
	}()
	return fn()
}
