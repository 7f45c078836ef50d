package measure

import (
	"errors"
	"sync"
	"sync/atomic"
)

// Turns has the contenders take turns in each of the rounds, so that what else the machine
// has to do meets all alike. Every second round goes backward: none is always the one that
// comes first.
func Turns[T any](rounds int, contenders []T, measure func(round int, c T) error) error {
	for round := range rounds {
		for i := range contenders {
			if round%2 == 1 {
				i = len(contenders) - 1 - i
			}
			if err := measure(round, contenders[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Together runs fn by so many clients at the same time and waits for all of them.
func Together(clients int, fn func(client int) error) error {
	errs := make([]error, clients)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Share has clients work through the numbers from from up to to, some at a time: each takes
// the next ones as soon as it is done. A client that fails takes no more.
func Share(clients, from, to, some int, fn func(client, from, to int) error) error {
	var next atomic.Int64
	next.Store(int64(from))
	return Together(clients, func(client int) error {
		for {
			end := int(next.Add(int64(some)))
			if end-some >= to {
				return nil
			}
			if err := fn(client, end-some, min(end, to)); err != nil {
				return err
			}
		}
	})
}
