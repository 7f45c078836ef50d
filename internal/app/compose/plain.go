//go:build !coderhnsw

package compose

import "github.com/memista/memista/internal/ports"

// extra returns the engines that a build has only when asked: here none.
func extra() []ports.Engine { return nil }
