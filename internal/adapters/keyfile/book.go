package keyfile

import (
	"errors"
	"io/fs"

	"github.com/memista/memista/internal/domain"
)

// Keys lists the keys of the file, in the order in which they were made; those from outside
// it are not among them. A file that is not there yet has none.
func (r *Ring) Keys() ([]domain.KeyInfo, error) {
	if r.src.Path == "" {
		return nil, nil
	}
	entries, err := List(r.src.Path)
	if errors.Is(err, fs.ErrNotExist) && r.src.Optional {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list := make([]domain.KeyInfo, len(entries))
	for i := range entries {
		if list[i], err = entries[i].info(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (e *Entry) info() (domain.KeyInfo, error) {
	scopes, err := domain.ParseScopes(e.Scopes)
	k := domain.KeyInfo{
		Grant: domain.Grant{ID: e.ID, Scopes: scopes, Databases: e.Databases},
		Name:  e.Name, CreatedAt: e.CreatedAt,
	}
	if e.ExpiresAt != nil {
		k.ExpiresAt = *e.ExpiresAt
	}
	return k, err
}

// errNoFile is told who wants to change keys that are in no file.
var errNoFile = domain.Errorf(domain.ErrConflict, "the keys of this server are in no file: it cannot make or revoke any")

// CreateKey adds a key to the file and returns it, valid from then on, with its id and
// when it was made. It is refused while no key is needed: the first key, which shuts out
// everybody else, is made on the machine itself.
func (r *Ring) CreateKey(want domain.KeyInfo) (key string, made domain.KeyInfo, err error) {
	if !r.Required() {
		return "", made, domain.Errorf(domain.ErrConflict, "this server asks nobody for a key: make the first one on its machine, with memista keys create")
	}
	if r.src.Path == "" {
		return "", made, errNoFile
	}
	key, e, err := Create(r.src.Path, Request{
		Name: want.Name, Scopes: want.Scopes.Names(), Databases: want.Databases, ExpiresAt: want.ExpiresAt,
	})
	if err != nil {
		return "", made, err
	}
	if _, err := r.Refresh(true); err != nil {
		return "", made, err
	}
	made, err = e.info()
	return key, made, err
}

// RevokeKey removes the key with the id from the file; nobody is let in by it any more.
func (r *Ring) RevokeKey(id string) error {
	if r.src.Path == "" {
		return errNoFile
	}
	err := Revoke(r.src.Path, id)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, domain.ErrNotFound) {
		return domain.Errorf(domain.ErrNotFound, "there is no key with the id %s", id) // callers need not know where the file is
	}
	if err != nil {
		return err
	}
	_, err = r.Refresh(true)
	return err
}
