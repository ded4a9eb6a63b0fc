package statexfer

// The frames on the stream, byte by byte, and the limits both sides keep.

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

const (
	// ChunkSize is the largest chunk, in bytes.
	ChunkSize = 64 << 10
	// Patience is how long one side waits for the other's next frame, or for room to write one.
	Patience = 15 * time.Second
	// waitEvery is how often a donor that is not ready says that it is alive.
	waitEvery = time.Second
	// maxText bounds the text of an error frame, in bytes.
	maxText = 1024
	// requestSize is the length of a request, in bytes.
	requestSize = 4 + 8 + 8 + 8
)

// The first byte of each frame that a donor sends.
const (
	frameWait  = 'W'
	frameChunk = 'D'
	frameEnd   = 'E'
	frameError = 'X'
)

var magic = [4]byte{'l', 's', 'x', '1'}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	// ErrCorrupt says that the bytes received are not the bytes sent: a checksum, a length or a frame is wrong.
	ErrCorrupt = errors.New("statexfer: corrupt stream")
	// ErrTruncated says that the stream ended before its end frame.
	ErrTruncated = errors.New("statexfer: stream cut short")
)

// A DonorError is what the donor said instead of the state.
type DonorError struct{ Text string }

func (e *DonorError) Error() string { return "statexfer: donor: " + e.Text }

// A Request names one state of one group.
type Request struct {
	Group    uint64 // hash of the group's name
	Founding uint64 // of the group, zero if the joiner was not told
	Cut      uint64 // the position at which the state was frozen
}

func (r Request) String() string {
	return fmt.Sprintf("group %016x founding %d cut %d", r.Group, r.Founding, r.Cut)
}

func (r Request) append(b []byte) []byte {
	b = append(b, magic[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Group)
	b = binary.BigEndian.AppendUint64(b, r.Founding)
	return binary.BigEndian.AppendUint64(b, r.Cut)
}

func parseRequest(b []byte) (Request, error) {
	if len(b) != requestSize || [4]byte(b[:4]) != magic {
		return Request{}, fmt.Errorf("%w: not a request", ErrCorrupt)
	}
	return Request{
		Group:    binary.BigEndian.Uint64(b[4:]),
		Founding: binary.BigEndian.Uint64(b[12:]),
		Cut:      binary.BigEndian.Uint64(b[20:]),
	}, nil
}
