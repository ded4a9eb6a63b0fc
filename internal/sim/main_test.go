package sim

// How these tests run: thousands of short-lived clusters leave little behind, so the collector may come seldom.

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
