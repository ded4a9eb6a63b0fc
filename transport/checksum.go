package transport

// The seal of insecure mode: a checksum where the tag would be. It finds accidents, and nothing that is done on purpose.

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

var errChecksum = errors.New("transport: checksum differs")

// castagnoli is the table of CRC-32C; MakeTable returns the one the processor's instruction serves.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is a cipher.AEAD that leaves the text as it is and appends the CRC-32C of the authenticated data, the ring's salt and the
// text, followed by twelve zero bytes. The nonce plays no part: the counter is in the authenticated data.
type checksum struct{ salt [32]byte }

var _ cipher.AEAD = checksum{}

func (c checksum) NonceSize() int { return nonceSize }
func (c checksum) Overhead() int  { return tagSize }

func (c checksum) sum(text, data []byte) (tag [tagSize]byte) {
	n := crc32.Update(0, castagnoli, data)
	n = crc32.Update(n, castagnoli, c.salt[:])
	n = crc32.Update(n, castagnoli, text)
	binary.BigEndian.PutUint32(tag[:], n)
	return tag
}

func (c checksum) Seal(dst, _, text, data []byte) []byte {
	tag := c.sum(text, data)
	return append(append(dst, text...), tag[:]...)
}

func (c checksum) Open(dst, _, sealed, data []byte) ([]byte, error) {
	n := len(sealed) - tagSize
	if n < 0 || c.sum(sealed[:n], data) != [tagSize]byte(sealed[n:]) {
		return nil, errChecksum
	}
	return append(dst, sealed[:n]...), nil
}
