package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	defaultRetries = 4
	firstWait      = 100 * time.Millisecond // doubles with each try
	longestWait    = 30 * time.Second       // whatever Retry-After says
)

// retries is how often a request is sent again.
type retries int

// wait reports whether r is to be sent again after its try number try, counted from 0,
// ended in err; it has then waited.
func (a retries) wait(ctx context.Context, r request, try int, err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || try >= int(a) || !worthwhile(r, e) {
		return false
	}
	d := min(longestWait, max(e.after, firstWait<<min(try, 16)))
	// The random part keeps callers who were refused together from coming back together.
	d += time.Duration(rand.Int64N(int64(d)/2 + 1))
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return false // err tells more than that time was up
	}
	return sleep(ctx, d) == nil
}

// worthwhile reports whether r may be sent again after e, and whether e may pass.
func worthwhile(r request, e *Error) bool {
	if e.Status != http.StatusTooManyRequests && e.Status != http.StatusServiceUnavailable {
		return false
	}
	if e.Code == "" { // not memista's own answer: the request may have been done
		return !r.once
	}
	return e.Code != "read_only" // until somebody repairs the disk
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(header string) time.Duration {
	if n, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// sleep returns nil after d, or the error of ctx when that ends before.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
