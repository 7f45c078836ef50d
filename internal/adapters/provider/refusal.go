package provider

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
)

// refused makes a failure of an answer that is not 2xx.
func (c *Client) refused(res *http.Response, body []byte) *Failure {
	message, code := explain(body)
	if message == "" && !looksLikeHTML(body) {
		message = string(body)
	}
	r := Refusal{Status: res.StatusCode, Message: message, Code: code}
	f := &Failure{Refusal: &r, RetryAfter: retryAfter(res.Header)}
	f.Message = strings.TrimSpace(fmt.Sprintf("%s answered %d %s", c.where, r.Status, http.StatusText(r.Status)))
	if target, err := res.Location(); err == nil && r.Status/100 == 3 {
		f.Message += ", a redirect to " + target.Scheme + "://" + target.Host + ", which is not followed: is its address right?"
	} else if said := clean(message, c.options.Key); said != "" {
		f.Said = ": " + said
		f.Message += f.Said
	}
	f.Message += c.hint(r)
	switch r.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		// The account of OpenAI is empty, and waiting does not fill it.
		if code != "insufficient_quota" {
			f.Kind, f.again = Busy, true
		}
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		f.Kind, f.again = TimedOut, true
	default:
		f.again = r.Status >= http.StatusInternalServerError && r.Status != http.StatusNotImplemented && !f.TooMuch()
	}
	return f
}

// unreachable makes a failure of an error of net/http; ctx is that of the try.
func (c *Client) unreachable(ctx context.Context, err error) *Failure {
	inVain := c.options.NobodyThere && !c.reached.Load() && nobodyThere(err)
	f := &Failure{again: worthAnotherTry(err) && !inVain}
	timeout, ok := errors.AsType[net.Error](err)
	switch {
	case ctx.Err() != nil:
		f.Kind, f.Message = TimedOut, fmt.Sprintf("%s did not answer within %v", c.where, c.options.Timeout)
	case ok && timeout.Timeout():
		f.Kind, f.Message = TimedOut, fmt.Sprintf("%s: %s", c.where, c.cause(err))
	default:
		f.Message = fmt.Sprintf("%s: %s", c.where, c.cause(err))
	}
	f.Message += c.hint(Refusal{})
	return f
}

func (c *Client) hint(r Refusal) string {
	hint := c.options.Hint(r)
	if hint == "" {
		return ""
	}
	return " (" + hint + ")"
}

// cause leaves out the address, which net/http puts before what went wrong.
func (c *Client) cause(err error) string {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection was closed before the answer was whole"
	}
	return clean(err.Error(), c.options.Key)
}

// worthAnotherTry reports whether the network may be better a moment later; certificates
// and protocols are not.
func worthAnotherTry(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, protocol := errors.AsType[tls.RecordHeaderError](err)
	return !certificate && !protocol
}

// nobodyThere reports whether nothing listens at the address, or it does not exist.
func nobodyThere(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return errors.Is(err, syscall.ECONNREFUSED) || ok && dns.IsNotFound
}
