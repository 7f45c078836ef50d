// Package backup copies the data file while it is in use, and puts a copy in its place.
package backup
