package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/memista/memista/internal/adapters/weaviate/wire/nodes"
	"github.com/memista/memista/internal/domain"
)

// ErrCredentials is the ErrUnavailable of a cluster that refuses our credentials.
var ErrCredentials = fmt.Errorf("the cluster refuses our credentials: %w", domain.ErrUnavailable)

// Refusal is an answer that is an error. It wraps one of the kinds of package domain.
type Refusal struct {
	Kind    error  // ErrInvalid, ErrNotFound, ErrConflict, ErrReadOnly, ErrDiskFull, ErrTooLarge, ErrBusy, ErrUnavailable or ErrCredentials
	Status  int    // of HTTP; of gRPC what is like it
	Message string // of Weaviate
	Node    string // address of REST
}

// Error returns the message with the node.
func (r *Refusal) Error() string {
	return fmt.Sprintf("cluster node %s: %s (status %d)", r.Node, r.Message, r.Status)
}

// Unwrap returns the kind.
func (r *Refusal) Unwrap() error { return r.Kind }

// refused turns an answer that is an error into a Refusal, in a Fault if another try may do.
func refused(n *nodes.Node, status int, message string) error {
	r := &Refusal{Status: status, Message: clip(message), Node: n.REST, Kind: kindOf(status, message)}
	switch {
	case errors.Is(r.Kind, domain.ErrReadOnly), errors.Is(r.Kind, domain.ErrDiskFull):
		return r
	case status == http.StatusTooManyRequests, status == http.StatusInternalServerError:
		return &nodes.Fault{Err: r, Sent: true}
	case status >= http.StatusInternalServerError && status != http.StatusNotImplemented:
		return &nodes.Fault{Err: r, Sent: true, Down: true}
	}
	return r
}

// unspecific is an error of gRPC whose code says nothing: Weaviate sends almost all so.
func unspecific(n *nodes.Node, message string) error {
	status := http.StatusUnprocessableEntity
	if transient(message) {
		status = http.StatusInternalServerError
	}
	return refused(n, status, message)
}

// transient reports whether a message is about replicas that could not be reached, which may
// be otherwise soon.
func transient(message string) bool {
	text := strings.ToLower(message)
	for _, part := range []string{
		"connection refused", "connection reset", "broken pipe", "eof", "timeout", "deadline exceeded", "cannot reach enough replicas", "cannot achieve consistency",
		"leader not found", "not ready", "no such host", "shutting down", "shutdown", "connect: ", "dial tcp", "unavailable", "status code: 5",
		"not yet loaded", "loading",
	} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// kindOf returns the kind of an answer. Weaviate answers much with 422 or 500 alone, so that
// its words have to be looked at too.
func kindOf(status int, message string) error {
	text := strings.ToLower(message)
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(text, part) {
				return true
			}
		}
		return false
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ErrCredentials
	case has("no space left"):
		return domain.ErrDiskFull
	case has("read-only", "readonly"):
		return domain.ErrReadOnly
	case status == http.StatusNotFound, has("tenant not found", "could not find class", "class not found", "no shard") && status != http.StatusOK:
		return domain.ErrNotFound
	case status == http.StatusConflict, has("already exists"):
		return domain.ErrConflict
	case status == http.StatusRequestEntityTooLarge:
		return domain.ErrTooLarge
	case status == http.StatusTooManyRequests:
		return domain.ErrBusy
	case status >= http.StatusInternalServerError:
		return domain.ErrUnavailable
	}
	return domain.ErrInvalid
}

// unreached turns an error of the transport into a Fault.
func unreached(ctx context.Context, n *nodes.Node, err error) error {
	sent := !notSent(err)
	text := "no answer: " + plain(err)
	if ctx.Err() != nil {
		text = "no answer in time"
	}
	return &nodes.Fault{Err: domain.Errorf(domain.ErrUnavailable, "cluster node %s: %s", n.REST, text), Sent: sent, Down: true}
}

// notSent reports whether err means that there was no connection.
func notSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED)
}

// plain is the message of an error of the transport without the address that it repeats.
func plain(err error) string {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e.Err.Error()
	}
	text := err.Error()
	if i := strings.LastIndex(text, `": `); i >= 0 {
		text = text[i+3:]
	}
	return text
}

// messageIn returns what an answer of REST says is wrong.
func messageIn(status int, body []byte) string {
	var answer struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return cmp.Or(strings.TrimSpace(string(body)), http.StatusText(status))
	}
	var list []struct {
		Message string `json:"message"`
	}
	var text string
	switch {
	case json.Unmarshal(answer.Error, &list) == nil && len(list) > 0:
		return list[0].Message
	case json.Unmarshal(answer.Error, &text) == nil && text != "":
		return text
	case answer.Message != "":
		return answer.Message
	}
	return http.StatusText(status)
}

// clip keeps a message short.
func clip(text string) string {
	const most = 500
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
