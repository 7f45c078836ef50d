package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/ingest"
	"github.com/memista/memista/ingest/watch"
	"github.com/memista/memista/internal/domain"
)

// addFlags are the flags of `memista add`.
type addFlags struct {
	o        ingest.Options
	embedder string
	watch    bool
}

func newAdd(a *store.Access) *cobra.Command {
	var f addFlags
	cmd := &cobra.Command{
		Use:   "add DATABASE PATH…",
		Short: "Add the texts of files and folders, or bring them up to date",
		Long: "add cuts files into passages by their headings, paragraphs and code, and stores those that are new\n" +
			"or have changed, with embeddings of their texts; passages that are gone are removed. It reads\n" +
			"Markdown, HTML, DOCX, PDF, source code, JSON lines ({\"text\":\"…\",\"metadata\":{…},\"key\":\"…\"}) and other\n" +
			"text in UTF-8, and passes over hidden files, node_modules, static models, data files of memista,\n" +
			"symbolic links and what is binary.\n\n" +
			"The database is made if it is not there, with full text where this build has it. It needs an\n" +
			"embedder: --embedder, or the setting of the same name. Stopped at any time, the same command goes\n" +
			"on where it was. `memista ask` searches what was added.",
		Example: "  memista add notes ~/notes --embedder static/glove\n  memista add handbook manual.html faq.docx\n  memista add notes ~/notes --watch",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(args[0]); err != nil {
				return err
			}
			for _, path := range args[1:] {
				if _, err := os.Stat(path); err != nil {
					return err
				}
			}
			if err := a.Rehearse(cmd, func(s *store.Store) error { return ingest.Create(cmd.Context(), s, args[0], &f.o) }); err != nil {
				return err
			}
			return a.WithNew(cmd, func(s *store.Store) error { return f.run(cmd, s, args[0], args[1:]) })
		},
	}
	a.AddServer(cmd)
	fl := cmd.Flags()
	fl.StringVar(&f.embedder, "embedder", "", "embedder of the database, if it is new, as provider/model, such as static/glove (as the settings say)")
	flags.AddFullText(fl, &f.o.FullText)
	fl.IntVar(&f.o.Passages.Tokens, "tokens", 0, "size of a passage, about (256)")
	fl.IntVar(&f.o.Passages.Overlap, "overlap", 0, "tokens that a passage repeats of the one before; below 0: none (32)")
	fl.IntVar(&f.o.Batch, "batch", 128, "passages that are stored at once")
	fl.BoolVar(&f.watch, "watch", false, "go on adding what changes, until Ctrl-C")
	return cmd
}

// check refuses what cannot be meant, and completes the options.
func (f *addFlags) check(database string) error {
	if err := flags.CheckDatabase(database); err != nil {
		return err
	}
	if f.o.Batch < 1 || f.o.Passages.Tokens < 0 {
		return flags.Usage("--batch and --tokens must be at least 1")
	}
	ref, err := domain.ParseEmbedderRef(f.embedder)
	if err != nil {
		return flags.UsageError{Err: err}
	}
	f.o.Embedder = api.Embedder{Provider: ref.Provider, Model: ref.Model}
	return nil
}

func (f *addFlags) run(cmd *cobra.Command, s *store.Store, database string, paths []string) error {
	if !f.watch {
		return f.once(cmd.Context(), cmd, s, database, paths)
	}
	for _, path := range paths { // now, for one that is away later cannot be resolved
		led, err := filepath.Abs(path)
		if err == nil {
			led, err = filepath.EvalSymlinks(led)
		}
		if err != nil {
			return err
		}
		f.o.Away = append(f.o.Away, led)
	}
	first := true
	err := watch.Run(cmd.Context(), paths, func(ctx context.Context, there []string) error {
		if err := f.again(ctx, cmd, s, database, paths, there); err != nil {
			return err
		}
		if first { // files that could not be read were named, and may be half written
			fmt.Fprintln(cmd.ErrOrStderr(), "watching; Ctrl-C ends it")
		}
		first = false
		return nil
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// again adds those of the paths that are there. The passages of the others stay: they may be
// away for a moment only.
func (f *addFlags) again(ctx context.Context, cmd *cobra.Command, s *store.Store, database string, paths, there []string) error {
	for _, path := range paths {
		if !slices.Contains(there, path) {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s is not there: its passages stay, and it is added when it is back\n", output.OneLine(path))
		}
	}
	if len(there) == 0 {
		return nil
	}
	err := f.once(ctx, cmd, s, database, there)
	if errors.Is(err, errUnread) || errors.Is(err, fs.ErrNotExist) && slices.ContainsFunc(there, isAway) {
		return nil // what is away now, Run tells
	}
	return err
}

func isAway(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// errUnread is the end of an add that has passed over something.
var errUnread = errors.New("files or passages could not be added")

// once adds everything, and prints what came of it.
func (f *addFlags) once(ctx context.Context, cmd *cobra.Command, s *store.Store, database string, paths []string) error {
	m := newAddMeter(cmd.ErrOrStderr())
	o := f.o
	o.Progress = m.tell
	r, err := ingest.Add(ctx, s, database, paths, &o)
	m.End()
	for _, one := range r.Failed {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %v\n", output.OneLine(one.Source), one.Err)
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("stopped: %d passages were stored, and the same command goes on from there", r.Embedded+r.Moved)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d passages of %d files: %d embedded, %d moved, %d unchanged, %d deleted\n",
		r.Passages, r.Files, r.Embedded, r.Moved, r.Unchanged, r.Deleted)
	if err := finishIndex(cmd, s, database); err != nil {
		return err
	}
	if n := len(r.Failed); n > 0 {
		return fmt.Errorf("%d %w", n, errUnread)
	}
	return nil
}

// addMeter shows how far an add is.
type addMeter struct {
	*output.Meter
	start time.Time
}

func newAddMeter(out io.Writer) *addMeter { return &addMeter{output.NewMeter(out, 0), time.Now()} }

func (m *addMeter) tell(p ingest.Progress) {
	took := time.Since(m.start)
	about := fmt.Sprintf("%d passages, %.0f passages/s", p.Passages, float64(p.Passages)/max(took.Seconds(), 1e-3))
	m.Tell(p.Bytes, p.AllBytes, about, func() string {
		line := fmt.Sprintf("%d of %d files, %s", p.Files, p.AllFiles, about)
		if p.Bytes > 0 {
			left := time.Duration(float64(p.AllBytes-p.Bytes) / float64(p.Bytes) * float64(took))
			line += fmt.Sprintf(", %v left", left.Round(time.Second))
		}
		return line
	})
}
