package indextest_test

import (
	"slices"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/indextest"
)

func config(f fault) indextest.Config {
	return indextest.Config{
		Engine: reference{f}, Exact: true, Lengths: true, Nearly: true, Files: true, Auditor: true, Maintainer: true, Anywhere: true,
		Size: 800, Duplicates: 1500, ModelOps: 800,
	}
}

func TestACorrectEnginePasses(t *testing.T) { indextest.Run(t, config("")) }

// Each spoiled engine must be caught by the rule that is about its fault.
func TestEverySpoiledEngineIsCaught(t *testing.T) {
	if raceDetector {
		t.Skip("the spoiled engines have no races to find, and take a minute under the detector")
	}
	for _, c := range []struct {
		fault  fault
		metric domain.Metric
		rule   string
	}{
		{"misses the nearest", "ip", "an exact query is answered as by brute force"},
		{"misses the nearest", "l2", "recall reaches the floor on clustered vectors"},
		{"misses the nearest", "cosine", "random operations agree with a map searched by brute force"},
		{"misses the nearest", "cosine", "recall holds under filters"},
		{"takes all vectors for unit ones", "ip", "recall reaches the floor on vectors of very different lengths"},
		{"misses the nearest", "ip", "recall reaches the floor on vectors far from the origin"},
		{"misses the nearest", "l2", "recall reaches the floor where one component dominates"},
		{"misses the nearest", "cosine", "recall reaches the floor on clusters far apart"},
		{"misses the nearest", "l2", "recall reaches the floor when the data moves away"},
		{"misses the nearest", "l2", "recall far from the origin outlives removals and a file"},
		{"rounds distances", "cosine", "distances between vectors far from the origin keep their digits"},
		{"finds what is removed", "cosine", "what is removed is never found again"},
		{"counts what it never held", "ip", "what is removed is never found again"},
		{"loses all with the entry point", "l2", "removing all one by one keeps the rest complete"},
		{"finds what is removed", "ip", "an emptied index takes the same ids again"},
		{"finds what is removed", "l2", "searches beside writers see what is acknowledged and nothing else"},
		{"rounds distances", "ip", "distances are exact in float32 for every dimension"},
		{"rounds distances", "cosine", "a vector is found at its distance"},
		{"keeps the old vector beside the new", "l2", "a replaced vector is found at its new place only"},
		{"keeps the old vector", "cosine", "a replaced vector is found at its new place only"},
		{"keeps the old vector", "ip", "replacing everything keeps answers right"},
		{"keeps the old vector beside the new", "ip", "one id replaced by many at once stays one"},
		{"hides what is being replaced", "ip", "searches beside writers see what is acknowledged and nothing else"},
		{"loses vectors of busy times", "ip", "many adders build one complete index"},
		{"ignores filters", "l2", "a filter of any size gives as many allowed hits as there are"},
		{"ignores filters", "ip", "a filter naming ids the index does not hold passes over them"},
		{"filters the best k only", "l2", "a filter that excludes the nearest still fills k"},
		{"accepts what is not finite", "ip", "a component that is not finite is ErrNotFinite and harms nothing"},
		{"accepts what is not finite", "l2", "a vector whose length overflows is ErrNotFinite and harms nothing"},
		{"accepts zero vectors", "cosine", "a zero vector is ErrZeroVector under cosine only"},
		{"accepts an id twice", "ip", "a bad id is ErrInvalid and stores nothing"},
		{"stores half of a bad batch", "ip", "wrong dims are ErrDimension and store nothing"},
		{"keeps the caller's slices", "l2", "vectors and queries stay the caller's"},
		{"puts the higher id first", "ip", "among equals the lower id comes first"},
		{"finds a hundred of equal ones", "ip", "every one of many identical vectors is reachable"},
		{"loses what lies beyond equal ones", "cosine", "recall is the same beside equal vectors"},
		{"loses what lies beyond near ones", "l2", "recall is the same beside nearly equal vectors"},
		{"loses what an audit finds", "ip", "an audit finds nothing lost and a repair does no harm"},
		{"pads answers", "cosine", "k beyond the number of vectors returns all of them"},
		{"pads answers", "ip", "an empty index answers with nothing"},
		{"answers in a slice of its own", "ip", "answers go into the slice given for them"},
		{"ignores the context", "ip", "a cancelled search returns the context's error"},
		{"counts the removed", "ip", "stats and contains tell what a search can find"},
		{"reads what is written later", "l2", "a reader tells every vector as it was when asked"},
		{"overwrites foreign files", "ip", "remove takes away our file and no other"},
		{"works when closed", "ip", "close may be called twice and ends the index"},
		{"closes once", "ip", "close may be called twice and ends the index"},
		{"closes once", "ip", "close beside searches ends them cleanly"},
		{"trusts its files", "ip", "a flipped bit anywhere in a file is refused"},
		{"trusts its files", "ip", "a file cut or grown is refused"},
		{"trusts its files", "ip", "a file with zeroed or swapped parts is refused"},
		{"forgets what its files lack", "l2", "an index comes back from its file as it was"},
		{"ignores lives", "l2", "a file of another database or of other settings is refused"},
		{"ignores settings of files", "l2", "a file of another database or of other settings is refused"},
		{"forgets some in its files", "ip", "an index comes back from its file as it was"},
		{"overwrites foreign files", "ip", "a file that is not ours is never overwritten or opened"},
		{"leaves its temporary file", "ip", "a failed save leaves everything as it was"},
		{"calls its work a failure", "ip", "work of an index on itself is told from its beginning to its end"},
		{"counts steps beyond the last", "ip", "work of an index on itself is told from its beginning to its end"},
		{"cannot be cut short", "ip", "work that is cut short leaves the index right and is put off"},
		{"loses one when cut short", "ip", "work that is cut short leaves the index right and is put off"},
		{"begins again at once", "ip", "work that is cut short leaves the index right and is put off"},
		{"saves in place", "ip", "a failed save leaves everything as it was"},
	} {
		t.Run(string(c.fault)+"/"+c.rule, func(t *testing.T) {
			failures := indextest.Failures(t, config(c.fault), c.rule, c.metric)
			if len(failures) == 0 {
				t.Fatalf("the rule %q passes an engine that %s", c.rule, c.fault)
			}
			t.Logf("%d complaints, the first: %s", len(failures), failures[0])
		})
	}
}

func TestRulesHaveNamesOfTheirOwn(t *testing.T) {
	names := indextest.Rules()
	slices.Sort(names)
	if n := len(slices.Compact(slices.Clone(names))); n != len(names) {
		t.Errorf("%d rules share names: %v", len(names)-n, names)
	}
}
