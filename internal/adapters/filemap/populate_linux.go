//go:build !race

package filemap

import "golang.org/x/sys/unix"

// populate reads the pages in one go instead of one fault each.
const populate = unix.MAP_POPULATE
