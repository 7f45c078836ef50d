package service

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/adapters/keyfile"
	"github.com/memista/memista/internal/domain"
)

func newKeys(a *store.Access) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Create, list and revoke API keys",
		Long: "keys manages the file of API keys (--keys-file; by default the data file's name with .keys\n" +
			"behind it). A server that has such a file asks every caller for a key, and takes up what\n" +
			"changes in it within a second.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeysCreate(a), newKeysList(a), newKeysRevoke(a))
	flags.Checked(cmd.Commands()...)
	return cmd
}

// keysPath returns where the keys are.
func keysPath(a *store.Access) (string, error) {
	cfg, err := a.Load()
	if err != nil {
		return "", err
	}
	if cfg.KeysFile != "" {
		return cfg.KeysFile, nil
	}
	return cfg.DefaultKeysFile(), nil
}

func newKeysCreate(a *store.Access) *cobra.Command {
	var want keyfile.Request
	var expires string
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a key and print it, this once",
		Long: "create prints a new key on the standard output. The file keeps only its hash, so it cannot be\n" +
			"shown again.\n\n" +
			"Scopes: read (search, get, list, count), write (insert, update, delete chunks, create\n" +
			"databases), admin (all that, and drop, rebuild, back up), monitor (figures about the service).\n" +
			"Patterns of databases may hold * for any characters and ? for one.\n\n" +
			"To rotate a key, create a second one, hand it out, and revoke the first.",
		Example: "  memista keys create --scopes read,write --databases 'team-a-*' --name indexer --expires 90d",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(want.Scopes) == 0 {
				return flags.Usage("give --scopes: read, write, admin or monitor, several separated by commas")
			}
			at, err := expiry(expires, time.Now())
			if err != nil {
				return flags.UsageError{Err: err}
			}
			want.ExpiresAt = at
			path, err := keysPath(a)
			if err != nil {
				return err
			}
			key, e, err := keyfile.Create(path, want)
			if errors.Is(err, domain.ErrInvalid) {
				return flags.UsageError{Err: err}
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "key %s in %s: %s on %s; keep it, it is shown this once\n", e.ID, path, strings.Join(e.Scopes, ","), strings.Join(e.Databases, ","))
			fmt.Fprintln(cmd.OutOrStdout(), key)
			return nil
		},
	}
	cmd.Flags().StringVar(&want.Name, "name", "", "what the list calls the key")
	cmd.Flags().StringSliceVar(&want.Scopes, "scopes", nil, "read, write, admin, monitor; several separated by commas")
	cmd.Flags().StringSliceVar(&want.Databases, "databases", []string{"*"}, "patterns of the databases within reach")
	cmd.Flags().StringVar(&expires, "expires", "", "after how long (90d, 12h) or when (2027-01-31, or RFC 3339) the key ends; never if left out")
	return cmd
}

// expiry reads a duration from now or a moment; "" is never.
func expiry(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 36_500 {
			return now.AddDate(0, 0, n).Truncate(time.Second), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d).Truncate(time.Second), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("--expires: %q is neither a time from now such as 90d or 12h nor a date such as 2027-01-31", text)
}

func newKeysList(a *store.Access) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys, without what is secret of them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := keysPath(a)
			if err != nil {
				return err
			}
			keys, err := keyfile.List(path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return listKeys(cmd, keys, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per key")
	return cmd
}

func listKeys(cmd *cobra.Command, keys []keyfile.Entry, asJSON bool) error {
	if asJSON {
		for _, e := range keys {
			err := output.JSON(cmd.OutOrStdout(), struct {
				ID        string     `json:"id"`
				Name      string     `json:"name"`
				Scopes    []string   `json:"scopes"`
				Databases []string   `json:"databases"`
				CreatedAt time.Time  `json:"created_at"`
				ExpiresAt *time.Time `json:"expires_at"`
				Expired   bool       `json:"expired"`
			}{e.ID, e.Name, e.Scopes, e.Databases, e.CreatedAt, e.ExpiresAt, e.Expired(time.Now())})
			if err != nil {
				return err
			}
		}
		return nil
	}
	w := output.Table(cmd.OutOrStdout())
	fmt.Fprintln(w, "ID\tNAME\tSCOPES\tDATABASES\tCREATED\tEXPIRES")
	for _, e := range keys {
		expires := "never"
		if e.ExpiresAt != nil {
			expires = e.ExpiresAt.UTC().Format(time.DateTime)
		}
		if e.Expired(time.Now()) {
			expires += " (over)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, output.OneLine(e.Name), strings.Join(e.Scopes, ","), strings.Join(e.Databases, ","), e.CreatedAt.UTC().Format(time.DateTime), expires)
	}
	return w.Flush()
}

func newKeysRevoke(a *store.Access) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID…",
		Short: "Remove keys: a running server refuses them within a second",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			path, err := keysPath(a)
			if err != nil {
				return err
			}
			if err := keyfile.Revoke(path, ids...); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "revoked: %s\n", strings.Join(ids, " "))
			return nil
		},
	}
}
