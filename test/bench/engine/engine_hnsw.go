package main

import (
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/ports"
)

func hnswEngine() (ports.Engine, []string) { return hnsw.Engine{}, []string{"i8", "bf16", "f32"} }
