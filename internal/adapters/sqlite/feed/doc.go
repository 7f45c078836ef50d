// Package feed keeps what changes in databases for those who copy them, and keeps their
// writers out while a copy takes their place.
package feed
