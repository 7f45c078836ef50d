//go:build coderhnsw

package compose

import (
	"github.com/memista/memista/internal/adapters/index/coderhnsw"
	"github.com/memista/memista/internal/ports"
)

// extra returns the engines that a build has only when asked.
func extra() []ports.Engine { return []ports.Engine{coderhnsw.Engine{}} }
