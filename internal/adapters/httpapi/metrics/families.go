package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

const (
	counter = prometheus.CounterValue
	gauge   = prometheus.GaugeValue
)

// family is a metric that is asked for when the server is scraped.
type family struct {
	name, help string
	kind       prometheus.ValueType
	label      string // "": it has one value
	values     func(s *app.Stats, add add)
}

// add adds a value, with that of the label or "".
type add func(value float64, label string)

// one is a family of one value without a label.
func one[T int | int64 | uint64 | float64](kind prometheus.ValueType, name, help string, value func(*app.Stats) T) family {
	return family{name: name, help: help, kind: kind, values: func(s *app.Stats, add add) { add(float64(value(s)), "") }}
}

// stored is a family of one value that a repository which keeps figures tells.
func stored[T int | int64 | uint64 | float64](kind prometheus.ValueType, name, help string, value func(*app.RepositoryStats) T) family {
	return family{name: name, help: help, kind: kind, values: func(s *app.Stats, add add) {
		if s.Repository != nil {
			add(float64(value(s.Repository)), "")
		}
	}}
}

// families are the metrics of the application, but for the sizes of commit groups.
var families = []family{
	one(gauge, "memista_databases", "Databases that exist.", func(s *app.Stats) int64 { return s.Databases }),
	one(gauge, "memista_chunks", "Chunks in all databases.", func(s *app.Stats) int64 { return s.Chunks }),
	{"memista_databases_in_memory", "Databases in memory, by state: open, or opening (their rows or index file are being read).", gauge, "state",
		func(s *app.Stats, add add) { add(float64(s.Open), "open"); add(float64(s.Opening), "opening") }},
	{"memista_vectors", "Vectors of open databases, by part: in the tail, which is compared one by one, or in the graph.", gauge, "part",
		func(s *app.Stats, add add) {
			add(float64(s.Tail.Vectors), "tail")
			add(float64(s.Graph.Vectors), "graph")
		}},
	one(gauge, "memista_graph_dead_entries", "Removed vectors that still take room in graphs of open databases.", func(s *app.Stats) int { return s.Graph.Dead }),
	{"memista_index_memory_bytes", "Memory of open databases, by class: tail, graph and rows (found lately) are part of the Go heap, mapped is index files mapped into memory.", gauge, "class",
		func(s *app.Stats, add add) {
			add(float64(s.Tail.Bytes), "tail")
			add(float64(s.Graph.Bytes), "graph")
			add(float64(s.RowBytes), "rows")
			add(float64(s.Tail.Mapped+s.Graph.Mapped), "mapped")
		}},
	one(gauge, "memista_index_lag_changes", "Changes that the graph lacks which is furthest behind its rows; the tail has them.", func(s *app.Stats) int64 { return s.Lag }),
	one(gauge, "memista_databases_indexing", "Databases whose vectors are moving from the tail to the graph, or are to move.", func(s *app.Stats) int { return s.Indexing }),
	one(gauge, "memista_snapshot_lag_changes", "Changes that the index file lacks which is furthest behind its graph.", func(s *app.Stats) int64 { return s.Unsaved }),
	one(gauge, "memista_snapshot_age_seconds", "Age of the oldest index file that lacks changes; 0 when none does.", func(s *app.Stats) float64 { return s.SnapshotAge.Seconds() }),
	{"memista_snapshots_total", "Index files written, by result: ok or failed.", counter, "result",
		func(s *app.Stats, add add) { add(float64(s.Snapshots), "ok"); add(float64(s.SnapshotFaults), "failed") }},
	one(gauge, "memista_jobs_running", "Jobs under way.", func(s *app.Stats) int { return s.JobsRunning }),
	{"memista_jobs_total", "Jobs that have ended, by state: done, failed or canceled.", counter, "state",
		func(s *app.Stats, add add) {
			for _, state := range []app.JobState{app.JobDone, app.JobFailed, app.JobCanceled} {
				add(float64(s.JobsEnded[state]), string(state))
			}
		}},
	{"memista_sweeps_total", "Rounds that deleted chunks which have expired, by result: ok or failed.", counter, "result",
		func(s *app.Stats, add add) { add(float64(s.Sweeps), "ok"); add(float64(s.SweepFaults), "failed") }},
	one(counter, "memista_swept_chunks_total", "Chunks deleted because they had expired.", func(s *app.Stats) uint64 { return s.Swept }),
	{"memista_backups_total", "Copies of all databases, by result: ok or failed. One that was refused or whose caller has gone is neither.", counter, "result",
		func(s *app.Stats, add add) { add(float64(s.Backups), "ok"); add(float64(s.BackupFaults), "failed") }},
	one(gauge, "memista_last_backup_timestamp_seconds", "When the last backup was done, in seconds since 1970; 0 while none was since the start.", func(s *app.Stats) float64 {
		if s.LastBackup.IsZero() {
			return 0
		}
		return float64(s.LastBackup.UnixMilli()) / 1000
	}),
	one(gauge, "memista_last_backup_bytes", "Size of the last backup.", func(s *app.Stats) int64 { return s.LastBackupBytes }),
	one(gauge, "memista_databases_rebuilding", "Databases whose index is being made anew beside the one in use.", func(s *app.Stats) int { return s.Rebuilding }),
	one(gauge, "memista_recall_targets", "Open databases that have a target recall.", func(s *app.Stats) int64 { return s.Recall.Targets }),
	one(gauge, "memista_recall_targets_missed", "Open databases whose target recall no beam width reached when it was measured last.", func(s *app.Stats) int64 { return s.Recall.Missed }),
	{"memista_recall_measurements_total", "Measurements for the sake of target recalls, by result: ok or failed.", counter, "result",
		func(s *app.Stats, add add) {
			add(float64(s.Recall.Measured), "ok")
			add(float64(s.Recall.Failed), "failed")
		}},
	one(counter, "memista_recall_seconds_total", "Time that these measurements took.", func(s *app.Stats) float64 { return s.Recall.Spent.Seconds() }),
	{"memista_rebuilds_total", "Indexes made anew beside the one in use, by result: ok or failed.", counter, "result",
		func(s *app.Stats, add add) { add(float64(s.Rebuilds), "ok"); add(float64(s.RebuildFaults), "failed") }},
	{"memista_opens_total", "Databases opened, by source of the index: file, or rows where there was no usable file or no need for one.", counter, "source",
		func(s *app.Stats, add add) {
			add(float64(s.OpenedFromFile), "file")
			add(float64(s.OpenedFromRows), "rows")
		}},
	one(counter, "memista_parks_total", "Databases closed because they were idle or memory was short.", func(s *app.Stats) uint64 { return s.Parked }),
	one(counter, "memista_indexes_abandoned_total", "Indexes given up because they could not follow their rows, to be made anew.", func(s *app.Stats) uint64 { return s.Abandoned }),

	{"memista_queries_total", "Queries answered, by plan: flat, ids, graph or filtered.", counter, "plan",
		func(s *app.Stats, add add) {
			for _, p := range []domain.Plan{domain.PlanFlat, domain.PlanExactIDs, domain.PlanGraph, domain.PlanFiltered} {
				add(float64(s.Queries[p]), string(p))
			}
		}},
	one(counter, "memista_graph_visits_total", "Graph nodes whose links were followed.", func(s *app.Stats) uint64 { return s.Visited }),
	one(counter, "memista_distances_total", "Distances computed for queries.", func(s *app.Stats) uint64 { return s.Distances }),
	{"memista_hit_rows_total", "Rows of hits, by source: memory, where those found lately are, or file.", counter, "source",
		func(s *app.Stats, add add) { add(float64(s.RowsKept), "memory"); add(float64(s.RowsRead), "file") }},
	one(counter, "memista_search_repeats_total", "Searches done again because rows they had found were changed meanwhile.", func(s *app.Stats) uint64 { return s.Repeats }),

	one(counter, "memista_insert_waits_total", "Inserts that had to wait because the indexer was behind.", func(s *app.Stats) int64 { return s.Waits }),
	one(gauge, "memista_inserts_waiting", "Inserts that wait because the indexer is behind.", func(s *app.Stats) int64 { return s.Waiting }),
	one(counter, "memista_insert_wait_seconds_total", "Time that inserts waited because the indexer was behind.", func(s *app.Stats) float64 { return s.Waited.Seconds() }),
	one(counter, "memista_insert_wait_refusals_total", "Inserts refused after they had waited too long.", func(s *app.Stats) int64 { return s.WaitRefusals }),

	{"memista_embedded_texts_total", "Texts that got an embedding, by source: embedder, memory, store, or shared with another request that wanted the same one.", counter, "source",
		func(s *app.Stats, add add) {
			add(float64(s.Embedding.Misses), "embedder")
			add(float64(s.Embedding.Hits), "memory")
			add(float64(s.Embedding.StoreHits), "store")
			add(float64(s.Embedding.Shared), "shared")
		}},
	{"memista_embedder_calls_total", "Calls of embedders, by result: ok or failed. One whose caller has gone, or whose texts were refused, is neither.", counter, "result",
		func(s *app.Stats, add add) {
			add(float64(s.Embedding.Calls), "ok")
			add(float64(s.Embedding.Failures), "failed")
		}},
	one(counter, "memista_embedder_seconds_total", "Time that calls of embedders took, added up.", func(s *app.Stats) float64 { return s.Embedding.Took.Seconds() }),
	one(gauge, "memista_embedder_models", "Models of embedders in use.", func(s *app.Stats) int { return s.Embedding.Models }),
	one(gauge, "memista_embedding_cache_bytes", "Memory for embeddings of texts that were asked for lately.", func(s *app.Stats) int64 { return s.Embedding.Bytes }),

	{"memista_reranker_calls_total", "Rankings of hits by the reranker, by result: ok or failed. One whose caller has gone is neither.", counter, "result",
		func(s *app.Stats, add add) {
			add(float64(s.Rerank.Calls), "ok")
			add(float64(s.Rerank.Failures), "failed")
		}},
	one(counter, "memista_reranked_texts_total", "Texts of hits that the reranker gave scores.", func(s *app.Stats) uint64 { return s.Rerank.Texts }),
	one(counter, "memista_reranker_seconds_total", "Time that the reranker took, added up.", func(s *app.Stats) float64 { return s.Rerank.Took.Seconds() }),

	stored(counter, "memista_commits_total", "Transactions that changed something, housekeeping included.", func(r *app.RepositoryStats) uint64 { return r.Commits }),
	stored(counter, "memista_fsyncs_total", "Transactions that waited for the disk.", func(r *app.RepositoryStats) uint64 { return r.Syncs }),
	{"memista_writes_total", "Write requests, by result: ok, or refused and rolled back.", counter, "result",
		func(s *app.Stats, add add) {
			if r := s.Repository; r != nil {
				add(float64(r.Batches), "ok")
				add(float64(r.Refused), "refused")
			}
		}},
	stored(counter, "memista_checkpoints_total", "Times the write-ahead log was moved into the data file.", func(r *app.RepositoryStats) uint64 { return r.Checkpoints }),
	stored(counter, "memista_disk_faults_total", "Faults of the disk after which the data file was opened anew for writing.", func(r *app.RepositoryStats) uint64 { return r.Faults }),
	stored(gauge, "memista_read_only", "1 while nothing can be stored after a fault of the disk.", func(r *app.RepositoryStats) int {
		if r.ReadOnly {
			return 1
		}
		return 0
	}),
	stored(gauge, "memista_drops_pending", "Dropped databases whose disk space is still being given back.", func(r *app.RepositoryStats) int { return r.Pending }),
	stored(gauge, "memista_wal_bytes", "Size of the write-ahead log.", func(r *app.RepositoryStats) int64 { return r.WALBytes }),
	stored(gauge, "memista_data_file_bytes", "Size of the data file.", func(r *app.RepositoryStats) int64 { return r.FileBytes }),
}
