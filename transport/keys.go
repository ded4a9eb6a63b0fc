package transport

// Which key seals what. Every sender has a key of its own in every context, derived from the cluster key, so that counters of
// different senders never meet under one key:
//
//	context 0:  HKDF(cluster key, "lockstep sender v1" label sealer)
//	a ring:     HKDF(HKDF(cluster key, "lockstep ring" salt context), "lockstep sender v1" label sealer)
//
// A key seals 2^28 packets. Then the sender's next one takes over, which the counter names: its bits above the 28th, the generation,
// go into the derivation, "lockstep sender v1 generation" generation label sealer, so nobody needs to be told. AES-GCM is held to be
// safe for that many packets of our size (RFC 9001, appendix B), which a busy sender reaches in an hour.
//
// A nonce is four zero bytes and the 64-bit counter of the clear header. Header and label are authenticated data.

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"

	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	nonceSize      = 12
	generationBits = 28
)

// A cluster is the secret that all members share, and its name. key is nil in insecure mode.
type cluster struct {
	key   []byte
	label string
}

func newCluster(key []byte, label string) cluster {
	return cluster{key: append([]byte(nil), key...), label: label}
}

func (c cluster) insecure() bool { return len(c.key) == 0 }

// keyID names the key to those who have it and says nothing about it to others. 0 is for no key.
func (c cluster) keyID() uint32 {
	if c.insecure() {
		return 0
	}
	h := sha256.Sum256(append([]byte("lockstep key id"), c.key...))
	return max(binary.BigEndian.Uint32(h[:4]), 1)
}

// A seal holds the keys of one context. own, generation and next belong to Send's goroutine and openers to Receive's; the rest
// never changes.
type seal struct {
	cluster cluster
	context uint64
	salt    [32]byte
	secret  []byte // of the context; nil in insecure mode
	openers openerCache

	own        cipher.AEAD // seals what this member sends
	generation uint64      // of own
	next       uint64      // the counter of the last packet sealed
}

// advance takes the next counter, and with it the next key where the last one has done its part. It reports false when there is no
// counter left.
func (s *seal) advance(self wire.MemberID) bool {
	if s.next >= wire.LastCounter {
		return false
	}
	if g := (s.next + 1) >> generationBits; g != s.generation {
		own, err := s.aead(self, g)
		if err != nil {
			return false // cannot be: the first key was derived the same way
		}
		s.own, s.generation = own, g
	}
	s.next++
	return true
}

func (c cluster) newSeal(context uint64, salt [32]byte, self wire.MemberID, first uint64) (*seal, error) {
	s := &seal{cluster: c, context: context, salt: salt, next: first, generation: first >> generationBits}
	if !c.insecure() {
		s.secret = c.key
		if context != 0 {
			info := append([]byte("lockstep ring"), salt[:]...)
			info = binary.BigEndian.AppendUint64(info, context)
			secret, err := hkdf.Key(sha256.New, c.key, nil, string(info), KeySize)
			if err != nil {
				return nil, err
			}
			s.secret = secret
		}
	}
	own, err := s.aead(self, s.generation)
	s.own = own
	return s, err
}

// aead derives one key of one sealer in this context. It costs a few microseconds; see openerCache.
func (s *seal) aead(sealer wire.MemberID, generation uint64) (cipher.AEAD, error) {
	if s.cluster.insecure() {
		return checksum{salt: s.salt}, nil
	}
	info := "lockstep sender v1"
	if generation != 0 {
		info = string(binary.BigEndian.AppendUint64([]byte("lockstep sender v1 generation"), generation))
	}
	key, err := hkdf.Key(sha256.New, s.secret, nil, info+s.cluster.label+string(sealer[:]), KeySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// openersYoung is half of the sealers whose keys a context remembers.
const openersYoung = 2048

// An openerCache remembers the keys of sealers whose packets verified. It holds at most 2*openersYoung: when the young half is
// full it becomes the old half, and what is used again moves back. It belongs to Receive's goroutine.
type openerCache struct {
	young, old map[opener]cipher.AEAD
}

// An opener names a key: whose, and which of its keys.
type opener struct {
	sealer     wire.MemberID
	generation uint64
}

func (c *openerCache) find(sealer opener) cipher.AEAD {
	if a, ok := c.young[sealer]; ok {
		return a
	}
	if a, ok := c.old[sealer]; ok {
		c.add(sealer, a)
		return a
	}
	return nil
}

// add is called only after the sealer's tag verified: a forged sealer costs a derivation and no memory.
func (c *openerCache) add(sealer opener, a cipher.AEAD) {
	if c.young == nil || len(c.young) >= openersYoung {
		c.old, c.young = c.young, make(map[opener]cipher.AEAD)
	}
	c.young[sealer] = a
}

// putNonce writes the nonce of a counter.
func putNonce(nonce *[nonceSize]byte, counter uint64) {
	binary.BigEndian.PutUint64(nonce[4:], counter)
}
