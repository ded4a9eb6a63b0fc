package main

// The lines of standard input: one JSON object each, an operation.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/lockstep-go/lockstep"
)

// lineMost bounds a line of input, in bytes: the largest message with every byte escaped would not fit, any sane one does.
const lineMost = 128 << 20

// burstMost bounds the messages of one burst.
const burstMost = 1 << 30

// An operation is one line of input. Which fields matter depends on Op.
type operation struct {
	Op     string          `json:"op"`
	Order  string          `json:"order,omitempty"`
	Data   string          `json:"data,omitempty"`
	Tag    string          `json:"tag,omitempty"`
	Count  int             `json:"count,omitempty"`
	Size   int             `json:"size,omitempty"`
	Prefix string          `json:"prefix,omitempty"`
	Need   json.RawMessage `json:"need,omitempty"`
	Tail   int             `json:"tail,omitempty"`

	// Of an override: what a loss said.
	Founding uint64   `json:"founding,omitempty"`
	Members  []string `json:"members,omitempty"`
}

// errLineTooLong is a line beyond lineMost. The rest of it is skipped.
var errLineTooLong = fmt.Errorf("a line of more than %d bytes", lineMost)

// readLine reads one line without its end. The last line may lack the newline. It blocks.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > lineMost {
			tooLong, line = true, nil
		}
		if !tooLong {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)) && !tooLong:
			return nil, err
		case tooLong:
			return nil, errLineTooLong
		}
		return bytes.TrimSpace(line), nil
	}
}

// parseOperation reads one line. Unknown fields are no error: they may mean something to a later version.
func parseOperation(line []byte) (operation, error) {
	var o operation
	if err := json.Unmarshal(line, &o); err != nil {
		return o, fmt.Errorf("not an operation in JSON: %w", err)
	}
	if o.Op == "" {
		return o, errors.New(`not an operation: "op" is missing`)
	}
	return o, nil
}

// order is the order asked for; ordered where none is.
func (o *operation) order() (lockstep.Order, error) {
	if o.Order == "" {
		return lockstep.Ordered, nil
	}
	order, ok := lockstep.ParseOrder(o.Order)
	if !ok {
		return 0, fmt.Errorf(`"order" must be fifo, causal, ordered, safe, safe-quorum or safe-K, is %q`, o.Order)
	}
	return order, nil
}

// callOrder is the order of an apply: ordered, safe, or safe at k.
func (o *operation) callOrder() (lockstep.Order, error) {
	order, err := o.order()
	if err == nil && order < lockstep.Ordered {
		err = fmt.Errorf(`"order" must be ordered, safe, safe-quorum or safe-K, is %q`, o.Order)
	}
	return order, err
}

// need is how many answers a query waits for: "all" (also where nothing is said), "majority", or a number, quoted or not.
func (o *operation) need() (lockstep.Need, error) {
	text := string(bytes.Trim(o.Need, `"`))
	switch text {
	case "", "null", "all":
		return lockstep.All, nil
	case "majority":
		return lockstep.Majority, nil
	}
	k, err := strconv.Atoi(text)
	if err != nil || k < 1 {
		return 0, fmt.Errorf(`"need" must be all, majority or a number from 1, is %s`, o.Need)
	}
	return lockstep.AtLeast(k), nil
}

// burst checks the bounds of a burst.
func (o *operation) burst() error {
	if o.Count < 0 || o.Count > burstMost {
		return fmt.Errorf(`"count" must be between 0 and %d, is %d`, burstMost, o.Count)
	}
	if o.Size < 0 || o.Size > lineMost {
		return fmt.Errorf(`"size" must be between 0 and %d, is %d`, lineMost, o.Size)
	}
	return nil
}

// appendBurst appends the data of message seq of a burst: PREFIX-SEQ, filled with dots up to size bytes.
func appendBurst(b []byte, prefix string, seq, size int) []byte {
	start := len(b)
	b = append(b, prefix...)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(seq), 10)
	for len(b)-start < size {
		b = append(b, '.')
	}
	return b
}
