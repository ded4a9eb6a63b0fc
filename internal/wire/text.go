package wire

// The words that String methods share. They allocate: a line is made when someone reads it, not on the packet path.

import "strconv"

// shown is how many elements of a list a line shows before it only counts.
const shown = 8

// appendList writes a list in brackets, its tail counted: [a b c +56].
func appendList[T any](b []byte, list []T, one func(b []byte, v T) []byte) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ' ')
		}
		if i == shown {
			b = append(b, '+')
			b = strconv.AppendInt(b, int64(len(list)-i), 10)
			break
		}
		b = one(b, v)
	}
	return append(b, ']')
}

// appendID writes a member in a list.
func appendID(b []byte, m MemberID) []byte { return append(b, m.String()...) }

// appendIndex writes a member by its place in the ring, or a dash for nobody.
func appendIndex(b []byte, i uint16) []byte {
	if i == NoMember {
		return append(b, '-')
	}
	return strconv.AppendUint(b, uint64(i), 10)
}

// pick chooses a word.
func pick(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

// numbered names a value that has no word.
func numbered(what string, v uint8) string { return what + "(" + strconv.Itoa(int(v)) + ")" }
