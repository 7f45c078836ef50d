package main

import "github.com/memista/memista/internal/ports"

func usearchEngine() (ports.Engine, []string) { return nil, nil }
