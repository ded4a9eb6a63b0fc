package main

// The replicated application of "lockstep node": a log kept as a hash chain, and how it travels to a joiner.

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Bounds of the retained tail.
const (
	tailEntries = 1000
	tailBytes   = 16 << 20
)

// An entry is one message of the log. It never changes.
type entry struct {
	seq    uint64
	sender string // NAME/INCARNATION
	data   string
}

// A chain is the log: how many entries it has had, a hash over all of them, and the last few. The zero chain is the empty log.
type chain struct {
	count uint64
	sum   [sha256.Size]byte // SHA-256(sum before || sender || 0x00 || data)
	tail  []entry           // at most tailEntries of at most tailBytes, the last one whatever its size
	bytes int               // in tail
}

// add appends an entry.
func (c *chain) add(e entry) {
	h := sha256.New()
	h.Write(c.sum[:])
	io.WriteString(h, e.sender)
	h.Write([]byte{0})
	io.WriteString(h, e.data)
	h.Sum(c.sum[:0])
	c.count++
	c.keep(e)
}

// keep appends to the tail and drops from its other end what is too much.
func (c *chain) keep(e entry) {
	c.tail = append(c.tail, e)
	c.bytes += len(e.sender) + len(e.data)
	n := 0
	for len(c.tail)-n > 1 && (len(c.tail)-n > tailEntries || c.bytes > tailBytes) {
		c.bytes -= len(c.tail[n].sender) + len(c.tail[n].data)
		c.tail[n] = entry{}
		n++
	}
	c.tail = c.tail[n:]
}

// frozen is a copy that later adds do not touch.
func (c *chain) frozen() *chain {
	f := *c
	f.tail = append([]entry(nil), c.tail...)
	return &f
}

// longer says which of two logs goes on when two sides of a partitionable group merge: the one with more entries, and of two as
// long the one with the greater hash. So all members choose the same, whatever side they come from and in whatever order the
// sides are looked at. The entries of the other log are given up.
func longer(a, b *chain) *chain {
	if a.count > b.count || a.count == b.count && bytes.Compare(a.sum[:], b.sum[:]) >= 0 {
		return a
	}
	return b
}

// stateMagic begins every saved state.
const stateMagic = "lockstep chain 1\n"

// entryMost bounds one entry that is read back, in bytes.
const entryMost = 1 << 30

// WriteTo writes the log for a joiner: magic, count, sum, and each entry of the tail with its lengths, all big endian.
func (c *chain) WriteTo(w io.Writer) (int64, error) {
	counted := &countingWriter{w: w}
	b := bufio.NewWriterSize(counted, 32<<10)
	var head []byte
	head = append(head, stateMagic...)
	head = binary.BigEndian.AppendUint64(head, c.count)
	head = append(head, c.sum[:]...)
	head = binary.BigEndian.AppendUint32(head, uint32(len(c.tail)))
	b.Write(head)
	for _, e := range c.tail {
		head = binary.BigEndian.AppendUint64(head[:0], e.seq)
		head = binary.BigEndian.AppendUint32(head, uint32(len(e.sender)))
		head = binary.BigEndian.AppendUint32(head, uint32(len(e.data)))
		b.Write(head)
		b.WriteString(e.sender)
		b.WriteString(e.data)
	}
	err := b.Flush() // bufio keeps the first error
	return counted.n, err
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// readChain reads what WriteTo wrote.
func readChain(r io.Reader) (*chain, error) {
	b := bufio.NewReaderSize(r, 32<<10)
	head := make([]byte, len(stateMagic)+8+sha256.Size+4)
	if _, err := io.ReadFull(b, head); err != nil {
		return nil, fmt.Errorf("state: head: %w", err)
	}
	rest, ok := bytes.CutPrefix(head, []byte(stateMagic))
	if !ok {
		return nil, errors.New("state: not a chain of this version")
	}
	c := &chain{count: binary.BigEndian.Uint64(rest)}
	copy(c.sum[:], rest[8:])
	n := binary.BigEndian.Uint32(rest[8+sha256.Size:])
	if n > tailEntries || uint64(n) > c.count {
		return nil, fmt.Errorf("state: a tail of %d entries in a log of %d", n, c.count)
	}
	for i := range n {
		e, err := readEntry(b)
		if err != nil {
			return nil, fmt.Errorf("state: entry %d: %w", i, err)
		}
		c.keep(e)
	}
	if _, err := b.ReadByte(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("state: more than its head says (%v)", err)
	}
	return c, nil
}

func readEntry(r io.Reader) (entry, error) {
	var head [16]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return entry{}, err
	}
	e := entry{seq: binary.BigEndian.Uint64(head[:])}
	sender, err := readText(r, binary.BigEndian.Uint32(head[8:]))
	if err != nil {
		return entry{}, err
	}
	e.sender = sender
	e.data, err = readText(r, binary.BigEndian.Uint32(head[12:]))
	return e, err
}

// readText never makes room for more than really comes.
func readText(r io.Reader, n uint32) (string, error) {
	if n > entryMost {
		return "", fmt.Errorf("%d bytes, at most %d", n, entryMost)
	}
	var b bytes.Buffer
	if got, err := io.CopyN(&b, r, int64(n)); err != nil {
		return "", fmt.Errorf("%d of %d bytes: %w", got, n, io.ErrUnexpectedEOF)
	}
	return b.String(), nil
}
