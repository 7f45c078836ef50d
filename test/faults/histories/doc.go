// Package histories runs random operations of many clients against a memista that is
// killed and stopped at random, and holds every answer against an oracle that knows what
// was acknowledged and when.
//
// A key is written by one client only, one operation at a time, so what may be there at any
// moment is known without a search through all orders of events: the last version that was
// acknowledged before a read began, or one that was sent since. Of keys that many write,
// others are promised: patches are never lost, a race has one winner.
//
// What is held against the answers: acknowledged is durable and visible, batches are whole
// or not at all, k hits come where k exist, hits are those that the filter takes, with the
// text and the distance of their version, counts lie between what must and what may be
// there, deleted and expired chunks do not come back, and a backup is of one moment.
package histories
