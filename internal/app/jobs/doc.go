// Package jobs lists long pieces of work: what runs, how far it is, how it ended, and how
// to cancel it. It knows nothing of the work itself.
package jobs
