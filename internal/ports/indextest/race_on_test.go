//go:build race

package indextest_test

// raceDetector slows the brute force down tenfold.
const raceDetector = true
