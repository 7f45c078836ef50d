//go:build !cgo

package original

import _ "modernc.org/sqlite" // registers the driver

const driverName = "sqlite"
