//go:build linux

package main

import (
	"io"
	"slices"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	o, err := parseOptions([]string{"-only", "kill,cut", "-skip-cut"}, io.Discard)
	if err != nil || !slices.Equal(o.only, []string{"kill"}) {
		t.Errorf("%v, %v", o.only, err)
	}
	if o, err = parseOptions(nil, io.Discard); err != nil || len(o.only) != len(parts) || o.times != 10 {
		t.Errorf("by default %+v, %v", o, err)
	}
	for _, bad := range []string{"-only jump", "-times 0", "more", "-idle-for 1ms"} {
		if o, err := parseOptions(strings.Fields(bad), io.Discard); err == nil {
			t.Errorf("%q was taken for %+v", bad, o)
		}
	}
}
