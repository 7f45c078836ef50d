package metrics

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/memista/memista/internal/app"
)

// scrapeTimeout bounds how long a scrape waits for the data file.
const scrapeTimeout = 10 * time.Second

// Source describes the service that is watched.
type Source interface {
	Stats(ctx context.Context) (app.Stats, error)
}

// Build says what the program consists of, for memista_build_info.
type Build struct {
	Version, Commit             string
	Engine                      string // of databases that name none
	SIMD                        string
	SQLiteDriver, SQLiteVersion string
}

// collector asks the application when the server is scraped.
type collector struct {
	src    Source
	build  Build
	descs  []*prometheus.Desc // of families
	groups *prometheus.Desc
	info   *prometheus.Desc
}

// NewCollector returns what collects the figures of src.
func NewCollector(src Source, b Build) prometheus.Collector {
	c := &collector{
		src: src, build: b,
		groups: prometheus.NewDesc("memista_commit_group_size", "Write requests that share a transaction and its fsync.", nil, nil),
		info: prometheus.NewDesc("memista_build_info", "1, with labels that say what the program consists of.",
			[]string{"version", "commit", "engine", "simd", "sqlite_driver", "sqlite_version"}, nil),
	}
	for _, f := range families {
		var labels []string
		if f.label != "" {
			labels = []string{f.label}
		}
		c.descs = append(c.descs, prometheus.NewDesc(f.name, f.help, labels, nil))
	}
	return c
}

// Describe sends what there is.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		ch <- d
	}
	ch <- c.groups
	ch <- c.info
}

// Collect sends what it is like now. A service that has been closed leaves the rest of
// the metrics as they are.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	b := c.build
	ch <- prometheus.MustNewConstMetric(c.info, prometheus.GaugeValue, 1, b.Version, b.Commit, b.Engine, b.SIMD, b.SQLiteDriver, b.SQLiteVersion)
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	st, err := c.src.Stats(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(c.descs[0], fmt.Errorf("figures of the service: %w", err))
		return
	}
	c.send(ch, &st)
}

func (c *collector) send(ch chan<- prometheus.Metric, st *app.Stats) {
	for i, f := range families {
		f.values(st, func(value float64, label string) {
			var labels []string
			if f.label != "" {
				labels = []string{label}
			}
			ch <- prometheus.MustNewConstMetric(c.descs[i], f.kind, value, labels...)
		})
	}
	if st.Repository != nil {
		ch <- groupSizes(c.groups, st.Repository)
	}
}

// groupSizes makes a histogram of the commit groups.
func groupSizes(d *prometheus.Desc, r *app.RepositoryStats) prometheus.Metric {
	upTo := make(map[float64]uint64)
	for bound, n := range r.GroupsUpTo() {
		upTo[float64(bound)] = n
	}
	return prometheus.MustNewConstHistogram(d, r.Groups, float64(r.Grouped), upTo)
}
