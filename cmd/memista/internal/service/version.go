package service

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/internal/app/compose"
)

// Build is what `memista version` tells.
type Build struct {
	Version       string   `json:"version"`
	Commit        string   `json:"commit"`
	Go            string   `json:"go"`
	System        string   `json:"system"`
	Engines       []string `json:"engines"`
	SQLiteDriver  string   `json:"sqlite_driver"`
	SQLiteVersion string   `json:"sqlite_version"`
	FullText      bool     `json:"full_text"`
	SIMD          string   `json:"simd"`
	USearch       string   `json:"usearch,omitempty"`
	USearchSIMD   string   `json:"usearch_simd,omitempty"`
}

// ThisBuild describes the program. Where the linker was not told version and commit (go
// build, go install), the module's own record counts.
func ThisBuild(version, commit string) Build {
	b := compose.About()
	info := Build{
		Version: version, Commit: commit,
		Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Engines: b.Engines, SQLiteDriver: b.SQLiteDriver, SQLiteVersion: b.SQLiteVersion, FullText: b.FullText, SIMD: b.SIMD,
		USearch: b.USearch, USearchSIMD: b.USearchSIMD,
	}
	if recorded, ok := debug.ReadBuildInfo(); ok {
		info.Version = cmp.Or(info.Version, recorded.Main.Version)
		for _, s := range recorded.Settings {
			if s.Key == "vcs.revision" {
				info.Commit = cmp.Or(info.Commit, s.Value)
			}
		}
	}
	info.Version, info.Commit = cmp.Or(info.Version, "devel"), cmp.Or(info.Commit, "unknown")
	return info
}

func newVersion(v Build) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Tell the version and what this build consists of",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON {
				return output.JSON(cmd.OutOrStdout(), v)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "memista %s\ncommit   %s\nbuilt    %s, %s\nengines  %s\nSQLite   %s (%s, %s full text)\nSIMD     %s\n",
				v.Version, v.Commit, v.Go, v.System, strings.Join(v.Engines, ", "), v.SQLiteVersion, v.SQLiteDriver, withOrWithout(v.FullText), v.SIMD)
			if v.USearch != "" {
				fmt.Fprintf(cmd.OutOrStdout(), "USearch  %s (%s)\n", v.USearch, v.USearchSIMD)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func withOrWithout(has bool) string {
	if has {
		return "with"
	}
	return "without"
}
