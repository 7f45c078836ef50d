package main

import (
	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/ports"
)

func flatEngine() (ports.Engine, []string) { return flat.Engine{}, []string{"f32"} }
