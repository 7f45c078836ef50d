package main

import "github.com/memista/memista/internal/ports"

func hnswEngine() (ports.Engine, []string) { return nil, nil }
