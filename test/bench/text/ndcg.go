package main

import (
	"math"
	"slices"
)

// ndcg returns the discounted cumulative gain of a ranking of documents, up to k, as a part
// of what the best ranking would have (Järvelin and Kekäläinen, 2002). Documents are right or
// they are not.
func ndcg(found, right []int, k int) float64 {
	gain, best := 0.0, 0.0
	for i, doc := range found[:min(k, len(found))] {
		if slices.Contains(right, doc) {
			gain += 1 / math.Log2(float64(i)+2)
		}
	}
	for i := range min(k, len(right)) {
		best += 1 / math.Log2(float64(i)+2)
	}
	return gain / best
}

// mean returns the mean of values, and how far the mean of other queries may lie from it: 1.96
// standard errors.
func mean(values []float64) (average, margin float64) {
	for _, v := range values {
		average += v / float64(len(values))
	}
	variance := 0.0
	for _, v := range values {
		variance += (v - average) * (v - average) / float64(len(values)-1)
	}
	return average, 1.96 * math.Sqrt(variance/float64(len(values)))
}
