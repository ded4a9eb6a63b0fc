package main

// The clock that all processes of one host share.

import (
	"math/bits"
	"syscall"
	"unsafe"
)

var (
	kernel32  = syscall.NewLazyDLL("kernel32.dll")
	counter   = kernel32.NewProc("QueryPerformanceCounter")
	frequency = kernel32.NewProc("QueryPerformanceFrequency")
)

// monotonic is the performance counter in nanoseconds: times taken in two processes of this host may be compared.
func monotonic() int64 {
	var ticks, perSecond uint64
	_, _, _ = counter.Call(uintptr(unsafe.Pointer(&ticks)))
	_, _, _ = frequency.Call(uintptr(unsafe.Pointer(&perSecond)))
	hi, lo := bits.Mul64(ticks, 1e9)
	ns, _ := bits.Div64(hi%perSecond, lo, perSecond)
	return int64(ns)
}
