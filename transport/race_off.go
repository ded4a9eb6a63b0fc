//go:build !race

package transport

// poisoned says that memory is overwritten when it is given back.
const poisoned = false
