// Package pull brings the files of a static model into a folder: from an archive or a folder,
// over HTTPS or on this machine. Nothing is brought but the files of a model, and what says
// under which licence it is.
package pull

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/memista/memista/internal/adapters/embed/static"
	"github.com/memista/memista/internal/domain"
)

// needed are the files that a model has, in the order in which their hashes are hashed.
var needed = []string{static.ConfigFile, static.TableFile, static.TokenizerFile}

// notices are files that are brought if they are there.
var notices = []string{"README.md", "LICENSE", "LICENSE.md", "LICENSE.txt", "NOTICE", "NOTICE.md", "NOTICE.txt"}

// defaultLimit is more than any static model has: the largest that is known has 512 MB.
const defaultLimit = 2 << 30

// maxNotice is how much of a licence is brought.
const maxNotice = 1 << 20

// Options say how a model is brought.
type Options struct {
	// SHA256 is the hash, in hex, of the archive; of a folder that of the text that
	// sha256sum prints for config.json, model.safetensors and tokenizer.json, in this order.
	// What comes over HTTPS must have one.
	SHA256 string
	Limit  int64        // bytes of all files together; 2 GiB if it is 0
	Client *http.Client // for HTTPS; http.DefaultClient if it is nil
}

// Into brings the files of the model at source into dir, which is empty. A source is an
// https:// URL or a path; one that ends with a slash, or is a directory, is a folder of files,
// any other one a tar archive, plain or compressed by gzip. What is not what the hash says, is
// too large, or leads elsewhere than to the folder is an error, and dir then holds anything.
func Into(ctx context.Context, source, dir string, o Options) error {
	if o.Limit == 0 {
		o.Limit = defaultLimit
	}
	if o.SHA256 != "" && (len(o.SHA256) != 2*sha256.Size || strings.Trim(o.SHA256, "0123456789abcdefABCDEF") != "") {
		return domain.Errorf(domain.ErrInvalid, "%q is no SHA-256: it has 64 hexadecimal digits", o.SHA256)
	}
	from, err := newOrigin(ctx, source, o)
	if err != nil {
		return err
	}
	if from.folder {
		return from.files(dir)
	}
	return from.archive(dir)
}

// origin is where a model is brought from.
type origin struct {
	Options
	ctx    context.Context
	at     string
	remote bool
	folder bool
}

func newOrigin(ctx context.Context, source string, o Options) (*origin, error) {
	from := &origin{Options: o, ctx: ctx, at: source}
	if scheme, _, ok := strings.Cut(source, "://"); ok {
		u, err := url.Parse(source)
		if err != nil || u.Host == "" || !strings.EqualFold(scheme, "https") {
			return nil, domain.Errorf(domain.ErrInvalid, "models are brought over https:// and from paths, not from %q", shown(source))
		}
		if o.SHA256 == "" {
			return nil, domain.Errorf(domain.ErrInvalid, "what comes from %s needs a SHA-256 to be known by", shown(source))
		}
		from.remote, from.folder = true, strings.HasSuffix(u.Path, "/")
		from.Client = onlyHTTPS(o.Client)
		return from, nil
	}
	info, err := os.Stat(source)
	if err != nil {
		return nil, err
	}
	from.folder = info.IsDir()
	return from, nil
}

// shown returns an address without the password and the query, which may be secrets.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "this address"
	}
	u.RawQuery, u.User = "", nil
	return u.String()
}

// onlyHTTPS returns a client that follows redirects to HTTPS only.
func onlyHTTPS(c *http.Client) *http.Client {
	if c == nil {
		c = http.DefaultClient
	}
	own := *c
	own.CheckRedirect = func(to *http.Request, via []*http.Request) error {
		const most = 10
		if len(via) >= most {
			return fmt.Errorf("more than %d redirects", most)
		}
		if to.URL.Scheme != "https" {
			return fmt.Errorf("a redirect from HTTPS to %s", to.URL.Scheme)
		}
		return nil
	}
	return &own
}

// open opens the file called name of a folder, or the archive for "". missing says that there
// is no such file.
func (o *origin) open(name string) (content io.ReadCloser, missing bool, err error) {
	if !o.remote {
		f, err := os.Open(filepath.Join(o.at, name))
		return f, os.IsNotExist(err), err
	}
	u, err := url.Parse(o.at)
	if err != nil {
		return nil, false, err
	}
	u.Path = path.Join(u.Path, name)
	req, err := http.NewRequestWithContext(o.ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, false, err
	}
	resp, err := o.Client.Do(req)
	if err != nil {
		return nil, false, fmt.Errorf("%s could not be read: %w", shown(u.String()), cause(err))
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		err := domain.Errorf(domain.ErrUnavailable, "%s answers %s", shown(u.String()), resp.Status)
		return nil, resp.StatusCode == http.StatusNotFound, err
	}
	return resp.Body, false, nil
}

// cause returns an error of the client without the address, which may have secrets in it.
func cause(err error) error {
	if e, ok := err.(*url.Error); ok { //nolint:errorlint // the client returns nothing else
		return e.Err
	}
	return err
}

// files brings the files of a folder.
func (o *origin) files(dir string) error {
	left := o.Limit
	list := sha256.New()
	for _, name := range slices.Concat(needed, notices) {
		isNotice := slices.Contains(notices, name)
		content, missing, err := o.open(name)
		if missing && isNotice {
			continue
		}
		if err != nil {
			return err
		}
		most := left
		if isNotice {
			most = min(left, maxNotice)
		}
		sum := sha256.New()
		n, err := save(o.ctx, filepath.Join(dir, name), io.TeeReader(content, sum), most)
		_ = content.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		left -= n
		if !isNotice {
			fmt.Fprintf(list, "%x  %s\n", sum.Sum(nil), name)
		}
	}
	return o.check(list.Sum(nil))
}

// check compares a hash with the one that is wanted.
func (o *origin) check(sum []byte) error {
	if got := hex.EncodeToString(sum); o.SHA256 != "" && !strings.EqualFold(got, o.SHA256) {
		return domain.Errorf(domain.ErrCorrupt, "%s has the SHA-256 %s; wanted %s: it is not what was asked for", shown(o.at), got, strings.ToLower(o.SHA256))
	}
	return nil
}

// save writes a new file of at most limit bytes.
func save(ctx context.Context, path string, content io.Reader, limit int64) (int64, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, io.LimitReader(withContext{ctx, content}, limit+1))
	if err == nil && n > limit {
		err = domain.Errorf(domain.ErrTooLarge, "more than %d bytes", limit)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return n, err
}

// withContext ends reading when its context ends.
type withContext struct {
	context.Context
	io.Reader
}

func (r withContext) Read(p []byte) (int, error) {
	if err := r.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
