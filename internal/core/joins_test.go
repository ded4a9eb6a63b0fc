package core

// Joins of members that come to a ring together.

import (
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/membership"
)

// TestWhoComesTogetherIsInOneView: one has the group, and five start so close behind each other that some are drawn into a ring before they
// had one of their own. Whoever comes by one ring comes by one view, so there are no more views than rings.
func TestWhoComesTogetherIsInOneView(t *testing.T) {
	f := newFew(t)
	f.start()
	f.run(3 * time.Second)
	before, _ := f.views(0)
	for range 5 {
		f.start()
		f.run(50 * time.Millisecond)
	}
	f.run(3 * time.Second)
	views, members := f.views(0)
	if rings := f.rings(0) - 1; members != 6 || views-before > rings {
		t.Errorf("%d views of %d rings, the last of %d members", views-before, rings, members)
	}
	for i := range f.cores {
		if _, n := f.views(i); n != 6 {
			t.Errorf("core %d sees %d", i, n)
		}
	}
}

// views counts the views that core i was given, and the members of the last.
func (f *few) views(i int) (n, members int) {
	for _, u := range f.ups[i] {
		if u.Kind == UpView {
			n, members = n+1, len(u.View.Members)
		}
	}
	return n, members
}

// rings counts the rings that core i was on.
func (f *few) rings(i int) (n int) {
	for _, x := range f.notices[i] {
		if x.Kind == membership.NoticeSync {
			n++
		}
	}
	return n
}
