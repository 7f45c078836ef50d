// Package embedtest says, by running it, what every ports.Embedder promises. An adapter
// calls Run from one test; each sub-test is a rule in words. Memory is an embedder for the
// tests of others.
//
// The data is seeded, so that a failure comes again; its seed is in the message.
// MEMISTA_SEED gives another one.
package embedtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/ports"
)

// Config says how to get the embedders under test.
type Config struct {
	// Open returns a new embedder of the model under test. Its Limits should be the ones
	// given; an embedder that cannot be told tells others, and the rules about limits go
	// by what it tells. The suite closes it.
	Open func(tb testing.TB, limits ports.EmbedLimits) Subject
	// Tokens counts the tokens of a text as the embedder does. With nil the rule about
	// tokens in a call is skipped.
	Tokens func(text string) int
	// Tolerance is how much a component may differ between two embeddings of one text.
	Tolerance float64
	// Only narrows the suite to the rules whose names begin so.
	Only string
}

// Subject is an embedder, and what the suite can see and do of its provider. Rules that
// need a field that is nil are skipped.
type Subject struct {
	Embedder ports.Embedder
	// Calls returns the texts of each call that has reached the provider, as they arrived,
	// and forgets them.
	Calls func() [][]string
	// Hold has the calls of the provider wait until release is called. Each one that
	// begins to wait sends to waiting, which has room for many.
	Hold func() (waiting <-chan struct{}, release func())
	// Break has the provider fail from now on, in a way that trying again does not help.
	Break func()
}

// Run checks every rule in a sub-test of its own.
func Run(t *testing.T, c Config) {
	for _, r := range rules() {
		if !strings.HasPrefix(r.name, c.Only) {
			continue
		}
		t.Run(r.name, func(t *testing.T) { r.run(t, c) })
	}
}

// rule is one promise, named in words.
type rule struct {
	name   string
	limits ports.EmbedLimits
	check  func(*suite)
}

func rules() []rule {
	return slices.Concat(modelRules, embeddingRules, textRules, limitRules, lifeRules)
}

func (r rule) run(tb testing.TB, c Config) {
	s := newSuite(tb, c)
	s.open(r.limits)
	r.check(s)
}
