//go:build linux

package lab

// The frame of a command that runs processes: what ends it, and on which thread it runs.

import (
	"context"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// Main runs a command's run with its arguments and returns the exit status. A signal that asks for the end ends the context, so that
// run can end what it started. Call it from main.
func Main(run func(ctx context.Context, args []string, out, stderr io.Writer) int) int {
	// A child is killed when the thread that started it ends, and only the main thread certainly lives as long as the program.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}
