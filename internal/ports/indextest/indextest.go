// Package indextest says, by running it, what every engine behind ports.VectorIndex
// promises. An adapter calls Run from one test; each sub-test is a rule in words, run
// under every metric. Exact search by brute force in float64 is the judge.
//
// The data is seeded, so that a failure comes again; its seed is in the message.
// MEMISTA_SEED gives another one, MEMISTA_MODEL_OPS the length of the model test.
package indextest

import (
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Config says which engine to test and what it promises beyond the contract.
type Config struct {
	Engine ports.Engine
	// Settings are passed to Engine.New; Metric and Dims are set by the suite.
	Settings ports.IndexSettings
	// Exact engines answer every query as brute force does.
	Exact bool
	// RecallFloor is the least mean recall@10 of the others, on Size vectors with
	// nothing configured; 0 means 0.95.
	RecallFloor float64
	// Metrics are the ones to test; nil means all.
	Metrics []domain.Metric
	// Dims are the dimensions to test exactness of distances with; nil means some even
	// and odd ones from 1 to 768.
	Dims []int
	// Size is how many vectors the recall rules use; 0 means 3,000.
	Size int
	// CrowdQueries is how many queries recall beside crowds is the mean of; 0 means 20.
	CrowdQueries int
	// Duplicates is how many equal vectors must stay reachable; 0 means 10,000.
	Duplicates int
	// ModelOps is the length of the model test; 0 means 3,000.
	ModelOps int
	// Lengths: under inner product the engine finds its way among vectors of very
	// different lengths.
	Lengths bool
	// Nearly: recall does not suffer from many vectors that are nearly equal.
	Nearly bool
	// Files: the engine is a ports.FileEngine and its indexes are ports.Saver.
	Files bool
	// Auditor: the indexes are ports.Auditor.
	Auditor bool
	// Maintainer: the indexes are ports.Maintainer.
	Maintainer bool
	// Anywhere: answers are as good where the data lies far from the origin, in one
	// narrow cone or in several.
	Anywhere bool
}

// Run runs every rule that applies to cfg as a sub-test of t.
func Run(t *testing.T, cfg Config) {
	t.Helper()
	cfg = cfg.withDefaults(t)
	for _, r := range rules() {
		if !r.applies(cfg) {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			for _, m := range r.metrics(cfg) {
				t.Run(string(m), func(t *testing.T) { r.run(newSuite(t, cfg, m)) })
			}
		})
	}
}

func (c Config) withDefaults(t testing.TB) Config {
	t.Helper()
	if len(c.Metrics) == 0 {
		c.Metrics = domain.Metrics[:]
	}
	if len(c.Dims) == 0 {
		c.Dims = []int{1, 2, 3, 7, 16, 33, 100, 257, 768}
	}
	if c.RecallFloor == 0 {
		c.RecallFloor = 0.95
	}
	if c.Exact {
		c.RecallFloor = 1
	}
	if c.Size == 0 {
		c.Size = 3000
	}
	if c.CrowdQueries == 0 {
		c.CrowdQueries = 20
	}
	if c.Duplicates == 0 {
		c.Duplicates = 10000
	}
	c.ModelOps = number(t, "MEMISTA_MODEL_OPS", c.ModelOps, 3000)
	if _, ok := c.Engine.(ports.FileEngine); ok != c.Files {
		t.Errorf("engine %q: is a FileEngine: %v; Config.Files: %v", c.Engine.Name(), ok, c.Files)
	}
	return c
}

// number returns the number in the environment variable name, else n, else otherwise.
func number(t testing.TB, name string, n, otherwise int) int {
	t.Helper()
	if s := os.Getenv(name); s != "" {
		v, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("%s=%q is not a number", name, s)
		}
		return v
	}
	if n != 0 {
		return n
	}
	return otherwise
}

// rule is one sub-test.
type rule struct {
	name     string
	run      func(s *suite)
	only     []domain.Metric // nil: all of the configuration
	once     bool            // the first metric is enough
	lengths  bool            // needs Config.Lengths
	nearly   bool            // needs Config.Nearly
	anywhere bool            // needs Config.Anywhere
	files    bool            // needs Config.Files
	audit    bool            // needs Config.Auditor
	upkeep   bool            // needs Config.Maintainer
}

// applies reports whether cfg promises what r is about.
func (r rule) applies(cfg Config) bool {
	return (!r.lengths || cfg.Lengths) && (!r.nearly || cfg.Nearly) && (!r.anywhere || cfg.Anywhere) &&
		(!r.files || cfg.Files) && (!r.audit || cfg.Auditor) && (!r.upkeep || cfg.Maintainer)
}

// metrics returns the metrics to run r under.
func (r rule) metrics(cfg Config) []domain.Metric {
	var ms []domain.Metric
	for _, m := range cfg.Metrics {
		if r.only == nil || slices.Contains(r.only, m) {
			ms = append(ms, m)
		}
	}
	if r.once && len(ms) > 1 {
		ms = ms[:1]
	}
	return ms
}

// rules lists every rule, the basic ones first.
func rules() []rule {
	return slices.Concat(contractRules, refusalRules, removeRules, readRules, filterRules, recallRules, lengthRules, coneRules,
		duplicateRules, crowdRules, concurrentRules, upkeepRules, modelRules, fileRules, damageRules)
}
