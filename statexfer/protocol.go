package statexfer

// The frames on the stream, byte by byte, and the limits both sides keep.

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
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
	// MaxHave bounds what a joiner says it has, in bytes.
	MaxHave = 64 << 10

	// requestSize is the length of a request without what the joiner has, in bytes; resumeSize that of what a resumption has besides;
	// infoSize that of what follows the type in a first frame.
	requestSize = 4 + 8 + 8 + 8 + 4
	resumeSize  = 8 + sha256.Size
	infoSize    = 1 + 8 + 4
)

// The first byte of each frame that a donor sends.
const (
	frameWait  = 'W'
	frameInfo  = 'I'
	frameChunk = 'D'
	frameEnd   = 'E'
	frameError = 'X'
	frameOther = 'O' // the bytes before the offset are others here
)

// The first bytes of a request for a state from its beginning, and of one for the rest of a state.
var (
	magic       = [4]byte{'l', 's', 'x', '2'}
	magicResume = [4]byte{'l', 's', 'x', '3'}
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	// ErrCorrupt says that the bytes received are not the bytes sent: a checksum, a length or a frame is wrong.
	ErrCorrupt = errors.New("statexfer: corrupt stream")
	// ErrTruncated says that the stream ended before its end frame.
	ErrTruncated = errors.New("statexfer: stream cut short")
	// ErrOther says that a donor cannot go on where another stopped: it wrote the same state as other bytes.
	ErrOther = errors.New("statexfer: this donor wrote the state as other bytes")
)

// A DonorError is what the donor said instead of the state.
type DonorError struct{ Text string }

func (e *DonorError) Error() string { return "statexfer: donor: " + e.Text }

// A Request names one state of one group.
type Request struct {
	Group    uint64 // hash of the group's name
	Founding uint64 // of the group, zero if the joiner was not told
	Cut      uint64 // the position at which the state was frozen
	// Have is what the joiner says it has, in the application's own terms; empty for nothing. At most MaxHave bytes.
	Have []byte
	// Offset is how many bytes of the state came from another donor, and Prefix their SHA-256: the rest is wanted, if this donor has
	// the same bytes before it. 0: from the beginning.
	Offset uint64
	Prefix [sha256.Size]byte
}

func (r Request) String() string {
	rest := ""
	if r.Offset > 0 {
		rest = fmt.Sprintf(", from byte %d on", r.Offset)
	}
	return fmt.Sprintf("group %016x founding %d cut %d, having %d bytes to say what is there%s", r.Group, r.Founding, r.Cut, len(r.Have), rest)
}

func (r Request) append(b []byte) []byte {
	first := magic
	if r.Offset > 0 {
		first = magicResume
	}
	b = append(b, first[:]...)
	b = binary.BigEndian.AppendUint64(b, r.Group)
	b = binary.BigEndian.AppendUint64(b, r.Founding)
	b = binary.BigEndian.AppendUint64(b, r.Cut)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Have)))
	if r.Offset > 0 {
		b = append(binary.BigEndian.AppendUint64(b, r.Offset), r.Prefix[:]...)
	}
	return append(b, r.Have...)
}

// readRequest reads one request. Have is allocated only once its length was checked.
func readRequest(in io.Reader) (Request, error) {
	var head [requestSize]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return Request{}, fmt.Errorf("statexfer: request: %w", err)
	}
	resumes := [4]byte(head[:4]) == magicResume
	if [4]byte(head[:4]) != magic && !resumes {
		return Request{}, fmt.Errorf("%w: not a request", ErrCorrupt)
	}
	r := Request{
		Group:    binary.BigEndian.Uint64(head[4:]),
		Founding: binary.BigEndian.Uint64(head[12:]),
		Cut:      binary.BigEndian.Uint64(head[20:]),
	}
	n := binary.BigEndian.Uint32(head[28:])
	if n > MaxHave {
		return Request{}, fmt.Errorf("%w: a request with %d bytes", ErrCorrupt, n)
	}
	if resumes {
		var rest [resumeSize]byte
		if _, err := io.ReadFull(in, rest[:]); err != nil {
			return Request{}, fmt.Errorf("statexfer: request: %w", err)
		}
		r.Offset, r.Prefix = binary.BigEndian.Uint64(rest[:]), [sha256.Size]byte(rest[8:])
		if r.Offset == 0 {
			return Request{}, fmt.Errorf("%w: a resumption from byte 0", ErrCorrupt)
		}
	}
	if n > 0 {
		r.Have = make([]byte, n)
		if _, err := io.ReadFull(in, r.Have); err != nil {
			return Request{}, fmt.Errorf("statexfer: request: %w", err)
		}
	}
	return r, nil
}

// An Info is what a donor says before the first byte.
type Info struct {
	// Delta says that what comes is what the joiner lacks, by its Have, instead of the whole.
	Delta bool
	// Size is how many bytes will come; 0 if that is not known.
	Size uint64
}

// append writes the frame. It has a checksum of its own: nothing else would tell a whole state from a delta.
func (i Info) append(b []byte) []byte {
	b = append(b, frameInfo)
	at := len(b)
	flags := byte(0)
	if i.Delta {
		flags = 1
	}
	b = append(b, flags)
	b = binary.BigEndian.AppendUint64(b, i.Size)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[at:], castagnoli))
}

// parseInfo reads what follows the frame's type.
func parseInfo(b [infoSize]byte) (Info, error) {
	if crc32.Checksum(b[:infoSize-4], castagnoli) != binary.BigEndian.Uint32(b[infoSize-4:]) || b[0] > 1 {
		return Info{}, fmt.Errorf("%w: what the donor says before the state", ErrCorrupt)
	}
	return Info{Delta: b[0] == 1, Size: binary.BigEndian.Uint64(b[1:])}, nil
}
