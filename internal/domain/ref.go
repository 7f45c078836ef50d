package domain

import "fmt"

// Ref names one chunk of a database: by its id, or where that is 0 by its key.
type Ref struct {
	ID  int64
	Key string
}

func (r Ref) String() string {
	if r.ID != 0 {
		return fmt.Sprintf("chunk %d", r.ID)
	}
	return fmt.Sprintf("key %q", r.Key)
}

// Check refuses what can name no chunk.
func (r Ref) Check() error {
	switch {
	case r.ID < 0 || r.ID > 0 && r.Key != "":
		return Errorf(ErrInvalid, "a chunk is named by an id from 1 on, or by a key")
	case r.ID == 0 && r.Key == "":
		return Errorf(ErrInvalid, "key cannot be empty")
	}
	return CheckKey(r.Key)
}

// NotFound is the ErrNotFound for the chunk that r names.
func (r Ref) NotFound() error {
	if r.ID != 0 {
		return ChunkNotFound(r.ID)
	}
	return KeyNotFound(r.Key)
}

// Selection selects the chunk that r names.
func (r Ref) Selection() Selection {
	if r.ID != 0 {
		return Selection{IDs: []int64{r.ID}}
	}
	return Selection{Keys: []string{r.Key}}
}

// NoEmbedding is the ErrInvalid for a search by the embedding of the chunk that r names, which
// has none, or one of length zero.
func (r Ref) NoEmbedding() error {
	return Errorf(ErrInvalid, "%v has no embedding to search by, or one of length zero", r)
}
