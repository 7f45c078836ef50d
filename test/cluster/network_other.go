//go:build !linux

package cluster

import (
	"context"
	"errors"
)

// ErrNoNetwork is that this machine does not let a test have networks of its own.
var ErrNoNetwork = errors.New("no networks of its own for each node: this needs Linux")

type network struct{}

func newNetwork(context.Context, int) (*network, error) { return nil, ErrNoNetwork }

func (*network) places() []place               { return nil }
func (*network) part(_, _ place, _ bool) error { return ErrNoNetwork }
func (*network) close()                        {}
