package ports

// Maintainer is an index that does long work on itself in the background, such as giving the
// room of what was removed back.
type Maintainer interface {
	// Watch has began told of each piece of such work when it begins, from now on, and
	// calls what began returns when the work is over, with the reason if it was cut short.
	// Neither may call the index, or wait for somebody who does.
	OnTask(began func(Task) (ended func(error)))
}

// Task is one piece of work of an index on itself.
type Task struct {
	// Progress tells how many steps are done, of how many.
	Progress func() (done, total int64)
	// Cancel cuts the work short. The index is right without it, and puts it off until
	// about as much again has been removed.
	Cancel func()
}
