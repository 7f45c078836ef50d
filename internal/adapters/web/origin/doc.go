// Package origin protects a server from web pages that its users visit.
//
// A browser sends requests for any page, also to addresses that only the user's machine
// reaches. What it tells about the page are two headers that the page cannot forge: Host,
// the name that the page called the server by, and Origin, where the page came from. A
// Policy refuses requests by both. It knows nothing of what is served, so every HTTP
// server of a program can use one: Policy.Check and Policy.Share where errors have a form
// of their own, Policy.Handler elsewhere.
//
// Host matters because of DNS rebinding: a page of evil.example can make that name point
// to 127.0.0.1, whereupon the browser takes our server for the page's own and lets the
// page read everything. The request then still says "Host: evil.example". An IP address
// as Host cannot be rebound, for no name is looked up.
package origin
