package indextest_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"io/fs"
	"os"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

const refMagic = "reference index\n"

// refFile is the content of an index file, behind the magic and a checksum of it.
type refFile struct {
	Snap    ports.Snapshot
	Set     ports.IndexSettings
	Vectors map[int64][]float32
}

func (x *refIndex) Save(ctx context.Context, path string, snap ports.Snapshot) error {
	x.mu.RLock()
	defer x.mu.RUnlock()
	old, err := os.ReadFile(path)
	if err == nil && !bytes.HasPrefix(old, []byte(refMagic)) && !x.is("overwrites foreign files") {
		return domain.ErrForeignFile
	}
	var body bytes.Buffer
	if err := gob.NewEncoder(&body).Encode(refFile{snap, x.set, x.vectors}); err != nil {
		return err
	}
	sum := sha256.Sum256(body.Bytes())
	content := append(append([]byte(refMagic), sum[:]...), body.Bytes()...)
	if x.is("saves in place") {
		err = os.WriteFile(path, content, 0o600)
		return errors.Join(ctx.Err(), err)
	}
	if err := os.WriteFile(path+".tmp", content, 0o600); err != nil {
		return err
	}
	if err = ctx.Err(); err == nil {
		err = os.Rename(path+".tmp", path)
	}
	if err != nil && !x.is("leaves its temporary file") {
		_ = os.Remove(path + ".tmp")
	}
	return err
}

func (e reference) Open(path string, s ports.IndexSettings, life domain.Incarnation) (ports.VectorIndex, ports.Snapshot, error) {
	var file refFile
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, file.Snap, domain.ErrNotFound
	}
	if err != nil {
		return nil, file.Snap, err
	}
	if !bytes.HasPrefix(content, []byte(refMagic)) {
		return nil, file.Snap, domain.ErrForeignFile
	}
	head := len(refMagic) + sha256.Size
	if len(content) < head {
		return nil, file.Snap, domain.ErrCorrupt
	}
	sum := sha256.Sum256(content[head:])
	if !bytes.Equal(sum[:], content[len(refMagic):head]) && e.fault != "trusts its files" {
		return nil, file.Snap, domain.ErrCorrupt
	}
	if err := gob.NewDecoder(bytes.NewReader(content[head:])).Decode(&file); err != nil {
		return nil, file.Snap, domain.ErrCorrupt
	}
	if file.Set != s && e.fault != "ignores settings of files" || file.Snap.Incarnation != life && e.fault != "ignores lives" {
		return nil, file.Snap, domain.ErrStaleSnapshot
	}
	ix, err := e.New(s)
	if err != nil {
		return nil, file.Snap, err
	}
	for id, v := range file.Vectors {
		if e.fault != "forgets some in its files" || id%70 != 3 {
			ix.(*refIndex).vectors[id] = v
		}
	}
	if e.fault == "forgets what its files lack" {
		file.Snap.Missing = nil
	}
	return ix, file.Snap, nil
}

func (e reference) Remove(path string) error {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !bytes.HasPrefix(content, []byte(refMagic)) && e.fault != "overwrites foreign files" {
		return domain.ErrForeignFile
	}
	return errors.Join(err, os.Remove(path))
}
