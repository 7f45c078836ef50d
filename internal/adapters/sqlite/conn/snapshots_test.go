package conn

import "testing"

// TestReadersDoNotSeeOlderThanACommit pins a reader just before a COMMIT: until that is
// counted the reader may have the snapshot before it, and others not.
func TestReadersDoNotSeeOlderThanACommit(t *testing.T) {
	var m Snapshots
	changes := []Change{{Database: "a"}}
	m.Begin(changes)
	c := &Conn{snapshot: m.pin()}
	if m.shows(c, "a") || !m.shows(c, "b") {
		t.Error("during a COMMIT of a: a reader shows a, or does not show b")
	}
	m.Committed(changes)
	m.End()
	if m.shows(c, "a") || !m.shows(c, "b") {
		t.Error("after it: the reader from before shows a, or does not show b")
	}
	c.snapshot = m.now()
	if !m.shows(c, "a") {
		t.Error("a reader of now does not show a")
	}
}
