package keylock

import "sync"

// Gates let writers of one database in together, and keep them out while a search or an
// alteration wants the rows to stay as they are. There is one for each database that is
// being written, open or not: a writer that began before the database was opened, or while
// it was open the time before, is kept out like any other.
type Gates struct {
	mu   sync.Mutex // guards used
	used map[string]*gate
}

type gate struct {
	users int // who are inside, or wait; guarded by Gates.mu
	rw    sync.RWMutex
}

// Enter lets a writer of database id in. The caller calls leave once.
func (s *Gates) Enter(id string) (leave func()) {
	g := s.use(id)
	g.rw.RLock()
	return func() {
		g.rw.RUnlock()
		s.leave(id, g)
	}
}

// Close waits for the writers of database id and keeps others out until open is called.
func (s *Gates) Close(id string) (open func()) {
	g := s.use(id)
	g.rw.Lock()
	return func() {
		g.rw.Unlock()
		s.leave(id, g)
	}
}

func (s *Gates) use(id string) *gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.used[id]
	if g == nil {
		if s.used == nil {
			s.used = map[string]*gate{}
		}
		g = &gate{}
		s.used[id] = g
	}
	g.users++
	return g
}

// leave forgets a gate that nobody uses any more.
func (s *Gates) leave(id string, g *gate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.users--; g.users == 0 {
		delete(s.used, id)
	}
}
