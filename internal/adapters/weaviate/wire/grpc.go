package wire

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/memista/memista/internal/adapters/weaviate/wire/fields"
	"github.com/memista/memista/internal/adapters/weaviate/wire/nodes"
	"github.com/memista/memista/internal/domain"
)

// service is what the methods of gRPC are part of.
const service = "/weaviate.v1.Weaviate/"

// bytesCodec passes messages on as they are. Its name is the one that servers know.
type bytesCodec struct{}

func (bytesCodec) Name() string { return "proto" }

func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(fields.Message)
	if !ok {
		return nil, fmt.Errorf("a message is a %T", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(m)}, nil
}

func (bytesCodec) Unmarshal(data mem.BufferSlice, v any) error {
	b, ok := v.(*[]byte)
	if !ok {
		return fmt.Errorf("a message is read into a %T", v)
	}
	*b = data.Materialize()
	return nil
}

// dial returns a connection of gRPC to the node at base, which is made when it is used first.
func (c *Client) dial(base, address string) (*grpc.ClientConn, error) {
	secure := insecure.NewCredentials()
	if strings.HasPrefix(base, "https://") {
		secure = credentials.NewTLS(c.options.TLS)
	}
	const longest = 2 * time.Second // a node that is back should be used soon
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(secure),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(bytesCodec{}), grpc.MaxCallRecvMsgSize(maxAnswer), grpc.MaxCallSendMsgSize(maxAnswer)),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: longest}, MinConnectTimeout: longest}),
		grpc.WithDisableServiceConfig(), grpc.WithDisableRetry(),
	)
	if err != nil {
		return nil, domain.Errorf(domain.ErrInvalid, "the address %q of gRPC: %s", address, err.Error())
	}
	return conn, nil
}

// call makes a request of gRPC that may be repeated, on one node after the other.
func (c *Client) call(ctx context.Context, name, method string, m fields.Message, read func([]byte) error) error {
	return c.observed(ctx, name, "grpc", func(ctx context.Context) error {
		if !c.options.APIKey.Empty() {
			ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.options.APIKey.Reveal())
		}
		if c.options.Tracer != nil {
			ctx = tracedGRPC(ctx)
		}
		return c.pool.Do(ctx, true, func(ctx context.Context, n *nodes.Node) error {
			var answer []byte
			if err := c.conns[n.Index].Invoke(ctx, service+method, m, &answer); err != nil {
				return c.failed(ctx, n, err)
			}
			return read(answer)
		})
	})
}

// failed turns an error of gRPC into a Refusal or a Fault.
func (c *Client) failed(ctx context.Context, n *nodes.Node, err error) error {
	s := status.Convert(err)
	switch s.Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		text := s.Message()
		if ctx.Err() != nil {
			text = "no answer in time"
		}
		sent := !strings.Contains(text, "while dialing")
		return &nodes.Fault{Err: domain.Errorf(domain.ErrUnavailable, "cluster node %s: gRPC: %s", n.REST, clip(text)), Sent: sent, Down: true}
	case codes.Unauthenticated:
		return refused(n, http.StatusUnauthorized, s.Message())
	case codes.PermissionDenied:
		return refused(n, http.StatusForbidden, s.Message())
	case codes.ResourceExhausted:
		return refused(n, http.StatusRequestEntityTooLarge, s.Message())
	case codes.Unimplemented:
		return refused(n, http.StatusNotImplemented, s.Message())
	default:
		return unspecific(n, s.Message())
	}
}
