package simd

import "testing"

// Levels names the levels that can run here, the fastest first.
func Levels() []string {
	var names []string
	for _, l := range available() {
		names = append(names, levelNames[l])
	}
	return names
}

// UseLevel switches to the level called name until t ends. Tests that use it must not
// run in parallel.
func UseLevel(t testing.TB, name string) {
	t.Helper()
	before := active
	t.Cleanup(func() { active = before })
	for _, l := range available() {
		if levelNames[l] == name {
			active = l
			return
		}
	}
	t.Fatalf("level %q is not available; have %v", name, Levels())
}

// Choose is choose by names, as at program start.
func Choose(want string) string { return levelNames[choose(want)] }
