package app

import (
	"github.com/memista/memista/internal/domain"
)

// committed hands a commit to the runtime of its database, if it is open. The
// repository calls it in the order of the commits, one at a time, before the writer of
// the batch is told, so an acknowledged chunk is found by every search that starts
// afterwards.
func (s *Service) committed(b domain.Batch, c domain.Commit) {
	s.mu.Lock()
	db := s.open[c.Database.ID]
	s.mu.Unlock()
	if db == nil {
		return
	}
	vectors := make([][]float32, len(b.Put))
	for i := range b.Put {
		vectors[i] = b.Put[i].Embedding
	}
	if err := s.follow(db, change{commit: c, vectors: vectors}); err != nil {
		s.giveUp(db, err)
	}
}

// dropped takes the runtime of a dropped database out of use. Calls on it look the name
// up again and find that it is gone, or what has taken its place.
func (s *Service) dropped(d domain.Database) {
	s.mu.Lock()
	db := s.open[d.ID]
	delete(s.open, d.ID)
	s.mu.Unlock()
	if db != nil {
		s.retire(db, errGone)
	}
}

// giveUp drops a runtime whose projection could not follow the rows. The rows are the truth:
// the next use projects them anew.
func (s *Service) giveUp(db *database, _ error) {
	s.forget(db)
	s.retire(db, errGone)
}

// retire ends db for the reason why, and closes its projection without making the caller,
// who may be the repository's writer, wait for the searches on it.
func (s *Service) retire(db *database, why error) {
	db.end(why)
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		<-db.ready
		_ = db.close() // a projection that is no longer used has nobody to tell
	}()
}

// follow brings the projection of db up to ch, or keeps ch for later while db is loading.
func (s *Service) follow(db *database, ch change) error {
	db.mu.Lock()
	if db.gone {
		db.mu.Unlock()
		return nil
	}
	if !db.loaded {
		db.pending = append(db.pending, ch)
		db.mu.Unlock()
		return nil
	}
	db.mu.Unlock()
	return s.apply(db, ch)
}

// catchUp applies what was committed while db was loading. From its end on, commits go
// to the projection directly.
func (s *Service) catchUp(db *database) error {
	for {
		db.mu.Lock()
		if db.gone {
			defer db.mu.Unlock()
			return db.err
		}
		todo := db.pending
		db.pending = nil
		db.loaded = len(todo) == 0
		db.mu.Unlock()
		if len(todo) == 0 {
			return nil
		}
		for _, ch := range todo {
			if err := s.apply(db, ch); err != nil {
				return err
			}
		}
	}
}

// apply changes the projection as ch says. Calls for one database never overlap: they come
// from load until it is done, then from the repository's writer.
func (s *Service) apply(db *database, ch change) error {
	was := db.info.Load()
	if !was.SameLife(ch.commit.Database) {
		return nil // of a life that ended before, or began after, the one in db
	}
	if err := s.changeProjection(db, ch); err != nil {
		return err
	}
	if ch.commit.Database.Sequence > was.Sequence {
		db.info.Store(&ch.commit.Database)
	}
	db.mu.Lock()
	db.signal()
	db.mu.Unlock()
	return nil
}

func (s *Service) changeProjection(db *database, ch change) error {
	p := db.projection.Load()
	if p == nil && ch.commit.Database.Dims > 0 {
		made, err := s.newProjection(ch.commit.Database)
		if err != nil {
			return err
		}
		p = made
		db.projection.Store(p)
	}
	if p == nil {
		return nil
	}
	if err := p.apply(ch); err != nil {
		return err
	}
	s.index(db, p)
	return nil
}

// written returns the ids and vectors that the commit stored, the last one where an id
// was written twice.
func (ch change) written() (ids []int64, vectors [][]float32) {
	at := make(map[int64]int, len(ch.commit.IDs))
	for i, id := range ch.commit.IDs {
		if ch.commit.Written != nil && !ch.commit.Written[i] {
			continue
		}
		if j, twice := at[id]; twice {
			vectors[j] = ch.vectors[i]
			continue
		}
		at[id] = len(ids)
		ids, vectors = append(ids, id), append(vectors, ch.vectors[i])
	}
	return ids, vectors
}
