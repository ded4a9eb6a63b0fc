package wire

// Padding: how a body is made as long as another, so that datagrams of a run have one length. It is a byte 0x80 and then zeros, inside
// the seal, so the body's length need not be told.

const paddingMark = 0x80

// AppendPadding appends n bytes of padding to b; none if n is not positive.
func AppendPadding(b []byte, n int) []byte {
	if n <= 0 {
		return b
	}
	b = append(b, paddingMark)
	for range n - 1 {
		b = append(b, 0)
	}
	return b
}

// TrimPadding returns b without its padding, and whether there was any.
func TrimPadding(b []byte) ([]byte, bool) {
	for i := len(b) - 1; i >= 0; i-- {
		switch b[i] {
		case 0:
		case paddingMark:
			return b[:i:i], true
		default:
			return nil, false
		}
	}
	return nil, false
}
