package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
)

// grpcConn calls unary methods: gRPC is HTTP/2 with five bytes before each message.
type grpcConn struct {
	addr string
	http *http.Client
	in   bytes.Buffer
}

func newGRPC(addr string) *grpcConn {
	t := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	t.Protocols.SetUnencryptedHTTP2(true)
	t.DialContext = (&net.Dialer{}).DialContext
	return &grpcConn{addr: addr, http: &http.Client{Transport: t}}
}

func (g *grpcConn) Do(path string, body []byte) ([]byte, error) {
	framed := make([]byte, 5, 5+len(body))
	binary.BigEndian.PutUint32(framed[1:], uint32(len(body)))
	framed = append(framed, body...)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+g.addr+path, bytes.NewReader(framed))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/grpc+proto")
	req.Header.Set("Te", "trailers")
	res, err := g.http.Do(req)
	if err != nil {
		return nil, err
	}
	g.in.Reset()
	_, err = io.Copy(&g.in, res.Body)
	_ = res.Body.Close() // read to its end
	if err != nil {
		return nil, err
	}
	// An error without an answer has its status among the headers.
	if s := res.Trailer.Get("Grpc-Status") + res.Header.Get("Grpc-Status"); s != "0" || g.in.Len() < 5 {
		return nil, fmt.Errorf("%s: gRPC status %s: %s%s", path, s, res.Trailer.Get("Grpc-Message"), res.Header.Get("Grpc-Message"))
	}
	return g.in.Bytes()[5:], nil
}

func (g *grpcConn) Close() { g.http.CloseIdleConnections() }

// message is the beginning of a protocol buffer; its methods append fields.
type message []byte

func (m message) tag(field, kind int) message {
	return binary.AppendUvarint(m, uint64(field)<<3|uint64(kind))
}

func (m message) number(field int, v uint64) message { return binary.AppendUvarint(m.tag(field, 0), v) }

func (m message) bytes(field int, v []byte) message {
	return append(binary.AppendUvarint(m.tag(field, 2), uint64(len(v))), v...)
}

func (m message) message(field int, v message) message { return m.bytes(field, v) }
func (m message) text(field int, v string) message     { return m.bytes(field, []byte(v)) }

// packed is v as little-endian float32.
func packed(v []float32) []byte {
	raw := make([]byte, 0, 4*len(v))
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return raw
}

// queryVector is weaviate.v1.Vectors, as a search takes a vector.
func queryVector(v []float32) message {
	const singleFP32 = 1
	return message(nil).bytes(3, packed(v)).number(4, singleFP32)
}

// searchRequest is weaviate.v1.SearchRequest: k objects near v, with text, id and distance.
func searchRequest(v []float32) message {
	return message(nil).text(1, "Word").
		message(20, message(nil).text(1, "text")).
		message(21, message(nil).number(1, 1).number(5, 1)).
		number(30, k).
		message(43, message(nil).message(9, queryVector(v))).
		number(102, 1)
}

// batchObject is weaviate.v1.BatchObject with one property, in a google.protobuf.Struct.
func batchObject(id, text string, v []float32) message {
	property := message(nil).text(1, "text").message(2, message(nil).text(3, text))
	return message(nil).text(1, id).
		message(3, message(nil).message(1, message(nil).message(1, property))).
		text(4, "Word").
		bytes(6, packed(v))
}

// rowsOfGRPC reads the ids in a weaviate.v1.SearchReply: results[].metadata.id.
func rowsOfGRPC(answer []byte) ([]int, error) {
	var out []int
	err := fields(answer, func(n int, result []byte) error {
		if n != 2 {
			return nil
		}
		return fields(result, func(n int, metadata []byte) error {
			if n != 2 {
				return nil
			}
			return fields(metadata, func(n int, id []byte) error {
				if n != 1 {
					return nil
				}
				i, err := rowOfUUID(string(id))
				out = append(out, i)
				return err
			})
		})
	})
	return out, err
}

// fields calls each with the fields of a message that have bytes, and passes the others.
func fields(b []byte, each func(field int, value []byte) error) error {
	bad := errors.New("broken protocol buffer")
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return bad
		}
		b = b[n:]
		var size int
		switch tag & 7 {
		case 0:
			if _, size = binary.Uvarint(b); size <= 0 {
				return bad
			}
		case 1:
			size = 8
		case 5:
			size = 4
		case 2:
			length, n := binary.Uvarint(b)
			if n <= 0 || length > uint64(len(b)-n) {
				return bad
			}
			b, size = b[n:], int(length)
			if err := each(int(tag>>3), b[:size]); err != nil {
				return err
			}
		default:
			return bad
		}
		if size > len(b) {
			return bad
		}
		b = b[size:]
	}
	return nil
}
