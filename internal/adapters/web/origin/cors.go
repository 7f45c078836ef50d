package origin

import (
	"net/http"
	"slices"
	"strings"
)

// What pages of allowed origins may do. A preflight is kept for two hours, which is as
// long as Chromium keeps one.
var (
	methods = strings.Join([]string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	}, ", ")
	sendable = strings.Join([]string{
		"api-key", "Authorization", "Content-Type", "Content-Encoding", "If-None-Match", "X-Request-Id", "traceparent", "tracestate",
		"Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name", "X-Chroma-Token", "X-Api-Key",
	}, ", ")
	readable = []string{strings.Join([]string{
		"X-Request-Id", "Retry-After", "Allow", "ETag", "WWW-Authenticate", "Accept-Encoding", "Content-Disposition",
	}, ", ")}
	star        = []string{every}
	variesBy    = "Origin"
	keepSeconds = "7200"
)

// Share sets in answer the headers that let a page of an allowed origin read it (CORS),
// whatever its status, and does nothing where no origins are configured. It reports
// whether r is a preflight, which is answered 204 with nothing more, once Check has let
// it pass. Cookies play no part: Access-Control-Allow-Credentials is never sent.
func (p *Policy) Share(answer http.Header, r *http.Request) (preflight bool) {
	if len(p.origins) == 0 {
		return false
	}
	if !p.anyOrigin {
		answer.Add("Vary", variesBy)
	}
	sent := r.Header["Origin"]
	if !p.allows(sent) {
		return false
	}
	if p.anyOrigin {
		answer["Access-Control-Allow-Origin"] = star
	} else {
		answer["Access-Control-Allow-Origin"] = slices.Clone(sent)
	}
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		answer["Access-Control-Expose-Headers"] = readable
		return false
	}
	answer.Set("Access-Control-Allow-Methods", methods)
	answer.Set("Access-Control-Allow-Headers", sendable)
	answer.Set("Access-Control-Max-Age", keepSeconds)
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		// A page of the internet that calls a server on this machine or network.
		answer.Set("Access-Control-Allow-Private-Network", "true")
	}
	return true
}
