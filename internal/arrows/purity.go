package arrows

// What a package that decides must not touch: everything by which the same events could give other effects.

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// impure are standard packages, with all below them, that a pure package must not import. net/netip holds addresses and
// nothing else, so it is allowed.
var impure = []string{
	"context", "crypto/rand", "crypto/tls", "io/fs", "io/ioutil", "log", "math/rand", "net", "os", "plugin", "runtime", "sync",
	"syscall", "testing", "unsafe",
}

// clockwork are the functions of package time that read a clock or start a timer; its types are welcome.
var clockwork = map[string]bool{
	"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true, "NewTimer": true, "NewTicker": true,
	"Tick": true,
}

// impureImport says why a pure package may not import path, or nothing. replayed packages may draw from a seed.
func impureImport(path string, replayed bool) string {
	if path == "net/netip" || replayed && path == "math/rand/v2" {
		return ""
	}
	for _, p := range impure {
		if path == p || strings.HasPrefix(path, p+"/") {
			return fmt.Sprintf("a pure package must not import %s", path)
		}
	}
	return ""
}

// impureCode reports goroutines, channels, clocks and random numbers without a seed in a pure file.
func impureCode(file *ast.File, report func(at token.Pos, why string)) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			report(n.Pos(), "a pure package must not start a goroutine")
		case *ast.SelectStmt:
			report(n.Pos(), "a pure package must not select")
		case *ast.SendStmt:
			report(n.Pos(), "a pure package must not use channels")
		case *ast.ChanType:
			report(n.Pos(), "a pure package must not use channels")
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			switch {
			case !ok:
			case pkg.Name == "time" && clockwork[n.Sel.Name]:
				report(n.Pos(), fmt.Sprintf("a pure package must not call time.%s: time comes in with each event", n.Sel.Name))
			case pkg.Name == "rand" && globalRand[n.Sel.Name]:
				report(n.Pos(), fmt.Sprintf("rand.%s draws from a source of its own: a replayed package must draw from its seed", n.Sel.Name))
			}
		}
		return true
	})
}

// globalRand are the functions of math/rand/v2 that need no seed.
var globalRand = map[string]bool{
	"Int": true, "IntN": true, "Int32": true, "Int32N": true, "Int64": true, "Int64N": true, "Uint": true, "UintN": true,
	"Uint32": true, "Uint32N": true, "Uint64": true, "Uint64N": true, "Float32": true, "Float64": true, "ExpFloat64": true,
	"NormFloat64": true, "N": true, "Perm": true, "Shuffle": true,
}
