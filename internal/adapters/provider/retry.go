package provider

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// retryAfter returns how long the provider asks to wait, 0 if it does not: Retry-After in
// seconds or as a date (RFC 9110, 10.2.3), or Retry-After-Ms of OpenAI. A date is compared
// with that of the answer, whose clock it is, if there is one. It is a day at most.
func retryAfter(h http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return atMostADay(ms / 1000)
	}
	value := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(value, 64); err == nil && s > 0 {
		return atMostADay(s)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(atMostADay(at.Sub(now).Seconds()), 0)
}

// atMostADay keeps absurd numbers from overflowing, and from being passed on.
func atMostADay(seconds float64) time.Duration {
	const day = 24 * 60 * 60
	return time.Duration(min(seconds, day) * float64(time.Second))
}

// pause returns the wait after a number of failed tries: exponential, with jitter, so that
// callers that failed together do not come back together; never shorter than what the
// provider asks for.
func (o *Options) pause(failures int, asked time.Duration) time.Duration {
	d := min(o.Backoff<<min(failures-1, 20), o.MaxWait)
	d -= rand.N(d/2 + 1)
	if asked > 0 {
		d = max(d, asked+rand.N(asked/10+1))
	}
	return d
}
