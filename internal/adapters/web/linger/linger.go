// Package linger lets answers arrive that are sent before the request has been read.
//
// A server that refuses a request by its headers, or in the middle of its body, and closes
// the connection leaves unread what the caller goes on sending. TCP then resets the
// connection, and a caller that writes everything before it reads sees the reset in place
// of the answer (RFC 9112, 9.6). So the answer is sent first, and then what the caller
// still sends is read and thrown away for a while.
package linger

import (
	"net/http"
	"time"
)

// Limits bound what is read after an answer.
type Limits struct {
	Bytes int64         // in all
	Time  time.Duration // in all
	Pause time.Duration // until more comes
}

// Default lets a caller send 64 MiB at 55 Mbit/s, which is twice the largest body that is
// taken unless configured otherwise.
var Default = Limits{Bytes: 64 << 20, Time: 10 * time.Second, Pause: 2 * time.Second}

// Drain sends what has been written to w, and then reads what still comes of the body of
// r, within l. Call it when the answer is complete and has "Connection: close" among its
// headers, and a Content-Length: the caller would wait for the end of another until it
// returns. It does nothing over HTTP/2, where a request is ended without its connection,
// and where w is not a connection.
func Drain(w http.ResponseWriter, r *http.Request, l Limits) {
	if r.Body == nil || r.Body == http.NoBody || r.ProtoMajor != 1 {
		return
	}
	conn := http.NewResponseController(w)
	end := time.Now().Add(l.Time)
	// Full duplex, or net/http would read from the body before it sends the answer.
	if conn.EnableFullDuplex() != nil || conn.SetReadDeadline(end) != nil || conn.Flush() != nil {
		return
	}
	buf := make([]byte, 16<<10)
	for left := l.Bytes; left > 0; {
		due := time.Now().Add(l.Pause)
		if due.After(end) {
			due = end
		}
		if conn.SetReadDeadline(due) != nil {
			return
		}
		n, err := r.Body.Read(buf[:min(int64(len(buf)), left)])
		if err != nil {
			return // the body has ended, the caller has gone, or is too slow
		}
		left -= int64(n)
	}
}
