//go:build race

package flat_test

// raceDetector makes sync.Pool forget at random, so allocations cannot be counted.
const raceDetector = true
