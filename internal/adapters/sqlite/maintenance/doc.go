// Package maintenance has the work on the data file that is done in small steps between
// requests: a list of tasks, the checkpoints of the write-ahead log, and giving free pages
// back to the file system.
package maintenance
