//go:build cgo

package sqlitefile

import _ "github.com/mattn/go-sqlite3" // registers the driver

const driverName = "sqlite3"
