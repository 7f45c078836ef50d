// Package client calls a memista server over HTTP. It depends on the standard library
// only.
//
//	c, err := client.New("http://127.0.0.1:8083", nil)
//	ids, err := c.Insert(ctx, "my_app", []client.Chunk{{Embedding: e, Text: "hello"}}, nil)
//	hits, err := c.Search(ctx, "my_app", query, 5, nil)
//
// What is refused comes back as an *Error with the server's own text, whose kind errors.Is
// tells: errors.Is(err, client.ErrNotFound).
package client
