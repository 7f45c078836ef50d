// Package migrate moves databases to another memista, such as one in front of a cluster, while
// they are searched and written.
package migrate

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
)

// Commands returns the commands of this package.
func Commands(a *store.Access) []*cobra.Command { return []*cobra.Command{newMigrate(a)} }

// options are the flags of `memista migrate`.
type options struct {
	to                             string
	all, dryRun, copyOnly, offline bool
	newIDs, noIndex, noVerify      bool
	batch, samples                 int
	recallDrop                     float64
	databases                      []string
	toCluster, fromCluster         []string // addresses of nodes
}

func newMigrate(a *store.Access) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "migrate {DATABASE… | --all} {--to ADDRESS | --to-cluster NODES}",
		Short: "Move databases to another memista while they are used",
		Long: "migrate copies databases of the data file, or with --server of a running server, to the memista at\n" +
			"ADDRESS: the address of a server, which may be in front of a cluster, or the path of a data file.\n" +
			"Chunk ids, keys, times of expiry, settings, aliases and the names of Qdrant and Chroma stay.\n\n" +
			"While chunks are copied the source is searched and written as before; what changes is copied\n" +
			"afterwards. When nothing is left, sampled queries are compared, writers are refused at the source\n" +
			"(503 with Retry-After, upon which clients try again), the last changes are copied, chunks are\n" +
			"counted, and the source says from then on that the database has moved (409 with ADDRESS). That\n" +
			"takes about a second; searches go on there. If anything is wrong, writers are let in again and\n" +
			"nothing has moved. Send callers to ADDRESS then, and drop the database at the source.\n\n" +
			"A migration that was stopped or killed goes on where it was when the same command is called\n" +
			"again. The key of ADDRESS is taken from MEMISTA_TARGET_KEY; it, and that of the source, need the\n" +
			"scope admin.",
		Example: "  memista migrate docs --server http://127.0.0.1:8083 --to http://10.0.0.2:8083 --dry-run\n" +
			"  memista migrate --all --database-path memista.db --to http://10.0.0.2:8083",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.databases = args
			if err := o.check(); err != nil {
				return err
			}
			if len(o.fromCluster) == 0 {
				return a.With(cmd, func(from *store.Store) error { return o.open(cmd, a, from) })
			}
			from, err := a.OpenCluster(cmd.Context(), o.fromCluster)
			if err != nil {
				return fmt.Errorf("--from-cluster: %w", err)
			}
			return errors.Join(o.open(cmd, a, from), from.Close())
		},
	}
	a.AddServer(cmd)
	fl := cmd.Flags()
	fl.StringVar(&o.to, "to", "", "address of the memista to which databases are moved, or path of a data file")
	fl.StringSliceVar(&o.toCluster, "to-cluster", nil, "in place of --to: addresses of the nodes of a Weaviate cluster, host:port, separated by commas; the settings cluster_… say the rest")
	fl.StringSliceVar(&o.fromCluster, "from-cluster", nil, "the source is a Weaviate cluster with such nodes; needs --offline")
	fl.BoolVar(&o.all, "all", false, "move all databases")
	fl.BoolVar(&o.dryRun, "dry-run", false, "only tell what would be moved, about how many bytes, and about how long it takes")
	fl.BoolVar(&o.copyOnly, "copy-only", false, "copy and compare, and leave the database at the source as it is")
	fl.BoolVar(&o.offline, "offline", false, "nobody writes to the source meanwhile: needed where it cannot tell what changed")
	fl.BoolVar(&o.newIDs, "new-ids", false, "number the chunks anew, from 1: for a target whose chunk ids are smaller; needs --offline")
	fl.BoolVar(&o.noIndex, "no-index", false, "do not wait until the target has its index")
	fl.BoolVar(&o.noVerify, "no-verify", false, "do not compare sampled queries")
	fl.IntVar(&o.batch, "batch", 1000, "chunks that are copied at once")
	fl.IntVar(&o.samples, "samples", 200, "how many queries are compared")
	fl.Float64Var(&o.recallDrop, "max-recall-drop", 0.01, "by how much the recall of sampled queries may be lower than at the source")
	return cmd
}

// check refuses flags that make no sense together.
func (o *options) check() error {
	switch {
	case (o.to == "") == (len(o.toCluster) == 0):
		return flags.Usage("--to is missing: the address of the memista to which databases are moved; or --to-cluster, those of a cluster")
	case len(o.fromCluster) > 0 && !o.offline:
		return flags.Usage("--from-cluster needs --offline: a cluster does not tell what changes in a database")
	case o.all == (len(o.databases) > 0):
		return flags.Usage("name the databases to move, or --all")
	case o.batch < 1 || o.batch > 100_000:
		return flags.Usage("--batch must be between 1 and 100000, got %d", o.batch)
	case o.samples < 1 || o.samples > 10_000:
		return flags.Usage("--samples must be between 1 and 10000, got %d", o.samples)
	case o.recallDrop < 0 || o.recallDrop > 1:
		return flags.Usage("--max-recall-drop must be between 0 and 1, got %v", o.recallDrop)
	case o.newIDs && !o.offline:
		return flags.Usage("--new-ids needs --offline: what changes is told by the ids that chunks have")
	}
	for _, id := range o.databases {
		if err := flags.CheckDatabase(id); err != nil {
			return err
		}
	}
	return nil
}

// open opens the target and moves what is to be moved.
func (o *options) open(cmd *cobra.Command, a *store.Access, from *store.Store) (err error) {
	var to *store.Store
	if len(o.toCluster) > 0 {
		to, err = a.OpenCluster(cmd.Context(), o.toCluster)
	} else {
		to, err = a.OpenTarget(cmd.Context(), o.to)
	}
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if to.Name == from.Name {
		return flags.Usage("--to is the source itself: %s", from.Name)
	}
	m := &mover{o: o, from: from, to: to, out: cmd.OutOrStdout(), log: cmd.ErrOrStderr(), note: noteOf(from.Name, to.Name)}
	return m.run(cmd.Context())
}
