// Command up starts nodes of Weaviate on 127.0.0.1 that stay, for trials of memista on a
// cluster, and ends them. It works on Linux. make cluster and make cluster-stop run it.
package main

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/cluster"
)

var (
	nodes = flag.Int("nodes", 3, "how many")
	dir   = flag.String("dir", "bin/cluster", "where their data and logs are; what is there is used again")
	rest  = flag.Int("rest", 8080, "port of the first one's REST; those of the others follow")
	grpc  = flag.Int("grpc", 50051, "port of the first one's gRPC; those of the others follow")
	inner = flag.Int("inner", 7100, "first of the ports that they need among each other, four each")
	stop  = flag.Bool("stop", false, "end the nodes in -dir; their data stays")
)

func main() { measure.Main("up", run) }

func run(ctx context.Context) error {
	where, err := filepath.Abs(*dir)
	if err != nil {
		return err
	}
	if *stop {
		n, err := cluster.StopDetached(where)
		fmt.Printf("ended %d nodes; their data is in %s\n", n, *dir)
		return err
	}
	binary, err := cluster.Install(ctx)
	if err != nil {
		return err
	}
	c, err := cluster.New(ctx, cluster.Options{
		Nodes: *nodes, Binary: binary, Dir: where, REST: *rest, GRPC: *grpc, Inner: *inner, Detached: true,
	})
	if err != nil {
		return fmt.Errorf("%w (make cluster-stop ends a cluster that runs)", err)
	}
	if err := c.Remember(); err != nil {
		return err
	}
	fmt.Printf("%d nodes of Weaviate %s serve; logs and data are in %s\n\n  memista serve --cluster %s\n", *nodes, cluster.Version, *dir, strings.Join(c.Addresses(), ","))
	return nil
}
