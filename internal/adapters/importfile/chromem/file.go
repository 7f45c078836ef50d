package chromem

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/memista/memista/internal/domain"
)

// File is an export, or the directory of a persistent database. It is for one goroutine.
type File struct {
	path        string
	decrypted   []byte // nil: the file is not encrypted
	collections []collection
	print       string
}

// collection is what is known of a collection before its documents are read.
type collection struct {
	name  string
	count int64
	dir   string   // "": it is in an export
	files []string // of the documents in dir
}

// keyBytes is how long a key must be.
const keyBytes = 32

// Open reads the names of the collections at path, for which it goes through an export once:
// one that is damaged is found out before anything is stored. key is that of an encrypted
// one, and empty for others; hint says where it is taken from.
func Open(ctx context.Context, path string, key domain.Secret, hint string) (*File, error) {
	f := &File{path: path}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	switch {
	case info.IsDir():
		err = f.listDirectory(ctx)
	case !info.Mode().IsRegular():
		err = errors.New("not a regular file")
	default:
		f.print = fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
		err = f.listExport(ctx, key, hint)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// opener returns what opens the export, to be read until ctx ends.
func (f *File) opener(ctx context.Context) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		if f.decrypted != nil {
			return stoppable{ctx, io.NopCloser(bytes.NewReader(f.decrypted))}, nil
		}
		file, err := os.Open(f.path)
		return stoppable{ctx, file}, err
	}
}

// stoppable is a reader that ends with a context: what is passed over may be long.
type stoppable struct {
	ctx context.Context
	io.ReadCloser
}

// Read returns the error of the context, if that has ended.
func (s stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.ReadCloser.Read(p)
}

// listExport finds the collections in an export.
func (f *File) listExport(ctx context.Context, key domain.Secret, hint string) error {
	encrypted, err := f.isEncrypted()
	switch {
	case err != nil:
		return err
	case encrypted && key.Empty():
		return domain.Errorf(domain.ErrInvalid, "not an export of chromem-go; if it is an encrypted one, %s", hint)
	case encrypted:
		if f.decrypted, err = decrypt(f.path, key, hint); err != nil {
			return err
		}
	}
	return with(f.opener(ctx), func(g *gob) error {
		err := g.collections(func(name string, s shape) (bool, error) {
			n, err := g.documents(s, math.MaxInt64, nil)
			f.collections = append(f.collections, collection{name: name, count: n})
			return true, err
		})
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, g.r); err != nil { // the checksum of a compressed one is its end
			return cut(err)
		}
		return nil
	})
}

// isEncrypted reports whether the file is neither compressed nor gob.
func (f *File) isEncrypted() (bool, error) {
	in, err := os.Open(f.path)
	if err != nil {
		return false, err
	}
	defer func() { _ = in.Close() }() // it was only read
	head := make([]byte, 4<<10)       // far more than the first type
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return false, err
	}
	head = head[:n]
	return !bytes.HasPrefix(head, magic) && !isGob(head), nil
}

// decrypt returns what is encrypted in the file by AES-GCM, with the nonce in front.
func decrypt(path string, key domain.Secret, hint string) ([]byte, error) {
	if len(key.Reveal()) != keyBytes {
		return nil, domain.Errorf(domain.ErrInvalid, "the key of an encrypted export has %d bytes: %s", keyBytes, hint)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher([]byte(key.Reveal()))
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	if len(raw) < gcm.NonceSize() {
		return nil, damaged("it has %d bytes", len(raw))
	}
	nonce, sealed := raw[:gcm.NonceSize()], raw[gcm.NonceSize():]
	out, err := gcm.Open(sealed[:0], nonce, sealed, nil)
	if err != nil {
		return nil, domain.Errorf(domain.ErrInvalid, "it cannot be decrypted: it is damaged, or the key is another one; %s", hint)
	}
	return out, nil
}

// Collections returns the names of the collections.
func (f *File) Collections() []string {
	names := make([]string, len(f.collections))
	for i, c := range f.collections {
		names[i] = c.name
	}
	return names
}

// Collection returns the documents of the collection called name, in the order of the file,
// which has none of its own. It is ErrNotFound for a name that does not exist.
func (f *File) Collection(name string) (*Rows, error) {
	for _, c := range f.collections {
		if c.name == name {
			sum := sha256.Sum256(fmt.Appendf(nil, "%s %q", f.print, name))
			return &Rows{file: f, collection: c, print: hex.EncodeToString(sum[:])}, nil
		}
	}
	return nil, domain.Errorf(domain.ErrNotFound, "there is no collection %q in %s, but %q", name, f.path, f.Collections())
}
