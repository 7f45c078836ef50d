// Package tuning keeps the recall of databases at their targets: it measures when they have
// changed, in the background, and writes the beam width that suffices into their settings,
// where searches find it and a restart leaves it.
package tuning
