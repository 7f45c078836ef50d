package sqlite

import "testing"

// TestNobodyGoesBackBehindACommit has a reader arrive just before a COMMIT: until that is
// counted the reader may be at the moment before it, and others not.
func TestNobodyGoesBackBehindACommit(t *testing.T) {
	var m moments
	group := []*request{{database: "a"}}
	m.begin(group)
	c := &conn{moment: m.stay()}
	if m.shows(c, "a") || !m.shows(c, "b") {
		t.Error("during a COMMIT of a: a reader shows a, or does not show b")
	}
	m.committed(group)
	m.end()
	if m.shows(c, "a") || !m.shows(c, "b") {
		t.Error("after it: the reader from before shows a, or does not show b")
	}
	c.moment = m.now()
	if !m.shows(c, "a") {
		t.Error("a reader of now does not show a")
	}
}
