package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// config says what to measure.
type config struct {
	sets           []string
	n, dims        int
	metric         domain.Metric // empty: that of the set
	m, efc, k      int
	efs            []int
	shares         []float64 // allowed by filters
	builds, rounds int
	buildThreads   []int
	searchThreads  int
	minSeconds     float64
	cpu            bool
	engines        []string // prefixes of names; empty: all
}

func (c *config) parse(sets, efs, threads, names, metric, shares string) (err error) {
	c.sets = strings.Split(sets, ",")
	if c.efs, err = numbers(efs); err != nil {
		return err
	}
	if c.buildThreads, err = numbers(threads); err != nil {
		return err
	}
	if metric != "" {
		if c.metric, err = domain.ParseMetric(metric); err != nil {
			return err
		}
	}
	if c.cpu {
		if err := os.Setenv(cpuVariable, "1"); err != nil {
			return err
		}
	}
	if names != "" {
		c.engines = strings.Split(names, ",")
	}
	if shares != "" {
		for share := range strings.SplitSeq(shares, ",") {
			x, err := strconv.ParseFloat(strings.TrimSpace(share), 64)
			if err != nil || !(x > 0 && x <= 1) {
				return fmt.Errorf("%q is no part between 0 and 1", share)
			}
			c.shares = append(c.shares, x)
		}
	}
	if c.builds < 1 || c.rounds < 1 {
		return errors.New("-builds and -rounds must be 1 or more")
	}
	return nil
}

func numbers(list string) ([]int, error) {
	var out []int
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no list of numbers above 0", list)
		}
		out = append(out, n)
	}
	return out, nil
}

func (c *config) wants(name string) bool {
	for _, prefix := range c.engines {
		if strings.HasPrefix(name, strings.TrimSpace(prefix)) {
			return true
		}
	}
	return len(c.engines) == 0
}
