package transfer

import (
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/foreign"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

// importFlags are the flags of `memista import`.
type importFlags struct {
	text, metric, name string
	original           string
	from               foreign.From
	batch              int
	ttl                time.Duration
	restart, noIndex   bool
	optional           bool // embeddings
	fullText           api.Tokenizer
	sparse             map[string]api.SparseSettings
	vectors            map[string]api.VectorSettings
}

func newImport(a *store.Access) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import {DATABASE FILE | --from KIND [DATABASE] SOURCE | --from-memista DIR}",
		Short: "Import a file of chunks or vectors, or what another store has",
		Long: "import stores every row of FILE: JSON lines (.jsonl, .ndjson) of the form\n" +
			`{"embedding":[…],"text":"…","metadata":…,"key":"…","ttl_seconds":…}, or the vectors of an .fbin, .fvecs or` + "\n" +
			".npy file, with --text and one line per vector.\n\n" +
			"A row without a key gets one of the form FILE:ROW. A key that exists is replaced, so no row is\n" +
			"stored twice. An import that was stopped goes on after the last batch that was stored;\n" +
			"--restart begins at the first row. With --server it is listed by `memista jobs` meanwhile, and\n" +
			"can be canceled there.\n\n" +
			"When all rows are stored, a large database gets its index, which takes longer than the rows; a\n" +
			"server makes it in the background. --no-index leaves that to the commands that follow: searches\n" +
			"find everything without it, only slower.\n\n" +
			"With --from SOURCE is another store: the address of a Qdrant or Chroma server, with or without the\n" +
			"name of a collection behind it, a file or directory of chromem-go, or a SQLite file with tables of\n" +
			"sqlite-vec. Ids become keys, so that an import that is repeated stores nothing twice; what is not\n" +
			"there any more stays. A database that is not there is made with the metric of the collection, and\n" +
			"takes records without a vector; it has the name of the collection unless DATABASE is given. The\n" +
			"key of a server, or of an encrypted file, is taken from MEMISTA_IMPORT_KEY.\n\n" +
			"With --from-memista every database in a data directory of the original memista is imported,\n" +
			"its memista.db and <database>.usearch files. They are only read.",
		Example: "  memista import docs rows.jsonl\n  memista import --from qdrant http://127.0.0.1:6333/docs\n" +
			"  memista import --from chroma http://127.0.0.1:8000 --all\n  memista import notes --from sqlite-vec notes.db --collection vec_notes",
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.from.Kind != "":
				return cobra.RangeArgs(1, 2)(cmd, args)
			case f.original != "":
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(2)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.from.Check(); err != nil {
				return err
			}
			if f.from.Kind != "" {
				return importFrom(cmd, a, &f, args)
			}
			if f.original != "" {
				return importOriginal(cmd, a, f.original, f.noIndex)
			}
			if err := f.check(args[0], args[1]); err != nil {
				return err
			}
			return importFile(cmd, a, &f, args[0], args[1])
		},
	}
	a.AddServer(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.text, "text", "", "file with one line of text per vector")
	fl.StringVar(&f.original, "from-memista", "", "data directory of the original memista, or its database file")
	f.from.Add(cmd)
	flags.AddFullText(fl, &f.fullText)
	flags.AddSparse(fl, &f.sparse)
	flags.AddVectors(fl, "named", &f.vectors)
	flags.AddOptionalEmbeddings(fl, &f.optional)
	fl.StringVar(&f.metric, "metric", "", "metric of the database, if it is new: ip, cosine or l2 (cosine)")
	fl.StringVar(&f.name, "key-prefix", "", "what keys start with instead of the file's name")
	fl.DurationVar(&f.ttl, "ttl", 0, "how long the rows live that bring no ttl_seconds, such as 24h (as the database says)")
	fl.IntVar(&f.batch, "batch", 1000, "rows that are stored at once")
	fl.BoolVar(&f.noIndex, "no-index", false, "do not wait until the index is made")
	fl.BoolVar(&f.restart, "restart", false, "begin at the first row, also if an earlier import was stopped later")
	return cmd
}

// check refuses what can be no import, and completes f for one of the file at path.
func (f *importFlags) check(database, path string) error {
	if err := flags.CheckDatabase(database); err != nil {
		return err
	}
	if f.name == "" {
		f.name = filepath.Base(path)
	}
	return f.checkRows()
}

// checkRows refuses flags that make no sense for any source.
func (f *importFlags) checkRows() error {
	if f.batch < 1 {
		return flags.Usage("--batch must be at least 1, got %d", f.batch)
	}
	if f.ttl != 0 && flags.BadTTL(f.ttl) {
		return flags.Usage("--ttl must be a whole number of seconds, at least 1s, got %v", f.ttl)
	}
	if _, err := domain.ParseMetric(f.metric); err != nil {
		return flags.UsageError{Err: err}
	}
	return nil
}
