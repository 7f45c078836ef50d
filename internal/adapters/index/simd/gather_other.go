//go:build purego || !(amd64 || arm64)

package simd

func gatherDot(_ level, g *Gather)     { gatherDotGo(g) }
func gatherL2(_ level, g *Gather)      { gatherL2Go(g) }
func gatherDotBF16(_ level, g *Gather) { gatherDotBF16Go(g) }
func gatherDotI8(_ level, g *Gather)   { gatherDotI8Go(g) }
