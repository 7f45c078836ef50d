package main

import (
	"github.com/memista/memista/internal/adapters/index/usearch"
	"github.com/memista/memista/internal/ports"
)

// usearchEngine returns the engine in builds that have it.
func usearchEngine() (ports.Engine, []string) {
	if !usearch.Supported {
		return nil, nil
	}
	return usearch.Engine{}, []string{"bf16", "f32", "f16", "i8"}
}
