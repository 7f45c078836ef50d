// Package web is what every API of memista over HTTP shares, whatever its routes are:
// the server and its connections, TLS, API keys and the scopes of routes, limits, request
// ids, the access log, traces, metrics, the rules about hosts and origins, compression and
// the answers to errors. It knows nothing of what is served.
//
// An API is a [Surface] of a [Handler]. It declares its routes, each with a [Rule] that
// says who may call it and how it names the databases it works on, and the form of its
// errors; everything else comes with the handler:
//
//	h := web.New(web.Options{Keys: keys, Logger: log})
//	s := h.Surface(web.SurfaceOptions{Prefix: "/shelf", Errors: shelfError})
//	s.Handle(http.MethodPost, "/:id/count", web.Reader(web.InPath), func(c *web.Call) error {
//		id, err := c.PathValue("id")
//		if err != nil {
//			return err
//		}
//		return c.Body(func(body []byte) error { … c.SendValue(http.StatusOK, answer) })
//	})
//	srv := web.NewServer(h, "127.0.0.1:8083", web.ServerOptions{})
//
// The function of a route reads the request through its [Call], calls a use case and
// answers with one of the Send methods, or returns an error: [FaultOf] says what its
// caller is told.
//
// The way of a request: connections.go counts its connection, handler.go finds its route,
// serve.go gives it an id and checks host, origin, key (access.go) and query, body.go reads
// its body within limits.go, answer.go sends the answer, errors.go that to an error.
package web
