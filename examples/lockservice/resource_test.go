package main

import "testing"

func TestResourceRefusesStaleFences(t *testing.T) {
	r, err := newResource()
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	c, err := dialResource(r.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, u := range []struct {
		lock  string
		fence uint64
		ok    bool
	}{{"x", 5, true}, {"x", 5, true}, {"x", 7, true}, {"x", 6, false}, {"y", 1, true}, {"x", 8, true}} {
		if ok, err := c.use(u.lock, u.fence); ok != u.ok || err != nil {
			t.Errorf("%s under fence %d: %v, %v", u.lock, u.fence, ok, err)
		}
	}
	if taken, refused := r.counts(); taken != 5 || refused != 1 {
		t.Errorf("%d taken, %d refused", taken, refused)
	}
	if _, err := dialResource("127.0.0.1:1"); err == nil {
		t.Error("a resource where nobody listens")
	}
}

func TestResourceHangsUpOnNonsense(t *testing.T) {
	r, err := newResource()
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	c, err := dialResource(r.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if ok, err := c.use("x y", 5); err == nil {
		t.Errorf("a lock with a space: %v", ok)
	}
}
