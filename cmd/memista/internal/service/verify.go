package service

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/domain"
)

// ErrDamage is that something is damaged, which the output says.
var ErrDamage = errors.New("damage was found")

func newVerify(a *store.Access) *cobra.Command {
	var repair, asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the data file and the index files, and repair them",
		Long: "verify reads everything in the data file (--database-path), which no server may have open:\n" +
			"its pages, every chunk against its checksum, embeddings, keys and counters; and compares each\n" +
			"index file with the rows.\n\n" +
			"With --repair it repairs keys and counters and makes index files anew. A damaged chunk is taken\n" +
			"out of its database, named, and kept as it is in the table quarantine. Damaged pages cannot\n" +
			"be repaired: restore a backup.\n\n" +
			"The exit code is 0 if nothing is wrong, or everything was repaired; 3 if damage is left; 1 if\n" +
			"the file could not be checked.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return verify(cmd, a, repair, asJSON) },
	}
	cmd.Flags().BoolVar(&repair, "repair", false, "repair what can be repaired")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func verify(cmd *cobra.Command, a *store.Access, repair, asJSON bool) error {
	cfg, err := a.Load()
	if err != nil {
		return err
	}
	path, err := datafile.Resolve(cfg.Data.Path)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no data file to verify: %w", err)
	}
	s, err := store.OpenFile(cmd.Context(), cfg, path)
	if errors.Is(err, domain.ErrLocked) {
		return fmt.Errorf("%w: stop the server, or verify a backup of it", err)
	}
	if errors.Is(err, domain.ErrCorrupt) {
		return fmt.Errorf("%w: the file cannot be opened, restore a backup: %w", ErrDamage, err)
	}
	if err != nil {
		return err
	}
	report, err := s.File.Verify(cmd.Context(), repair)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	_ = s.Close() // of a damaged file it may fail, which the report has said
	if asJSON {
		err = output.JSON(cmd.OutOrStdout(), reportJSON(path, report))
	} else {
		printReport(cmd.OutOrStdout(), path, report, repair)
	}
	if left := report.Left(); err == nil && left > 0 {
		return fmt.Errorf("%w: %d of %d findings are left as they are", ErrDamage, left, len(report.Findings))
	}
	return err
}

// printReport says first what was found, and last what that comes to.
func printReport(out io.Writer, path string, r domain.Report, repaired bool) {
	for _, f := range r.Findings {
		fmt.Fprintln(out, f)
	}
	for _, n := range r.Notes {
		fmt.Fprintln(out, "note:", n)
	}
	left := r.Left()
	fmt.Fprintf(out, "%s: %d databases with %d chunks, ", path, r.Databases, r.Chunks)
	switch {
	case len(r.Findings) == 0:
		fmt.Fprintln(out, "nothing is wrong")
	case left == 0:
		fmt.Fprintf(out, "%d findings, all repaired\n", len(r.Findings))
	case repaired:
		fmt.Fprintf(out, "%d findings, %d repaired, %d left: restore a backup\n", len(r.Findings), len(r.Findings)-left, left)
	default:
		fmt.Fprintf(out, "%d findings: run memista verify --repair, or restore a backup\n", len(r.Findings))
	}
}

type findingJSON struct {
	Kind     domain.FindingKind `json:"kind"`
	Database string             `json:"database,omitempty"`
	Chunk    int64              `json:"chunk_id,omitempty"`
	Detail   string             `json:"detail"`
	Repaired string             `json:"mended,omitempty"`
}

func reportJSON(path string, r domain.Report) any {
	findings := make([]findingJSON, len(r.Findings))
	for i, f := range r.Findings {
		findings[i] = findingJSON(f)
	}
	notes := r.Notes
	if notes == nil {
		notes = []string{}
	}
	return struct {
		Path      string        `json:"path"`
		Databases int64         `json:"databases"`
		Chunks    int64         `json:"chunks"`
		Left      int           `json:"left"` // findings that are as they were
		Findings  []findingJSON `json:"findings"`
		Notes     []string      `json:"notes"`
	}{path, r.Databases, r.Chunks, r.Left(), findings, notes}
}
