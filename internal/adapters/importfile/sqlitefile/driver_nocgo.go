//go:build !cgo

package sqlitefile

import _ "modernc.org/sqlite" // registers the driver

const driverName = "sqlite"
