//go:build arm64 && !purego

package simd

func gatherDot(l level, g *Gather) {
	if l == generic {
		gatherDotGo(g)
		return
	}
	gatherDotNEON(g)
}

func gatherL2(l level, g *Gather) {
	if l == generic {
		gatherL2Go(g)
		return
	}
	gatherL2NEON(g)
}

func gatherDotBF16(l level, g *Gather) {
	if l == generic {
		gatherDotBF16Go(g)
		return
	}
	gatherDotBF16NEON(g)
}

func gatherDotI8(l level, g *Gather) {
	if l == generic {
		gatherDotI8Go(g)
		return
	}
	gatherDotI8NEON(g)
}

//go:noescape
func gatherDotNEON(args *Gather)

//go:noescape
func gatherL2NEON(args *Gather)

//go:noescape
func gatherDotBF16NEON(args *Gather)

//go:noescape
func gatherDotI8NEON(args *Gather)
