package main

// Where searches start.

// A start is a scenario: how the world is when the search begins.
type start struct {
	name    string
	about   string
	unsaid  [size][]string // the members' messages
	company bool           // messages wait for others on the ring
	// prepare brings the members there, from when they are started: moves made by hand, and settle.
	prepare func(s *setting)
}

// starts are all scenarios. A message whose name begins with s is safe, any other agreed.
var starts = []start{
	{name: "ring", about: "a ring in operation; a has an agreed message to send, b a safe one", unsaid: [size][]string{{"a1"}, {"s1"}, nil},
		prepare: func(s *setting) { s.settle() }},
	{name: "safe", about: "a ring in operation; its first and its last member each have a safe message to send",
		unsaid: [size][]string{{"s1"}, nil, {"s2"}}, prepare: func(s *setting) { s.settle() }},
	{name: "stay", about: "a ring in operation, on which a has just sent something; it has two more agreed messages, to be sent while the token stays or later",
		unsaid: [size][]string{{"a1", "a2"}, nil, nil}, prepare: func(s *setting) {
			s.settle()
			s.w.at[0] = s.e.saying(s.w.at[0], "a0")
			s.do(move{kind: moveSubmit})
			s.settle()
		}},
	{name: "birth", about: "three members start; a and c have a message to send on their first ring with others", company: true,
		unsaid: [size][]string{{"a1"}, nil, {"s1"}}, prepare: func(*setting) {}},
	{name: "join", about: "a and b are a ring, c starts; a has an agreed message to send, b a safe one", unsaid: [size][]string{{"a1"}, {"s1"}, nil},
		prepare: func(s *setting) {
			c := s.w.at[2]
			s.do(move{kind: moveCrash, a: 2})
			s.settle()
			s.w.dead, s.w.at[2] = 0, c
		}},
	{name: "merge", about: "a and b are a ring, c was cut off and is back; b has an agreed message to send, c a safe one", company: true,
		unsaid: [size][]string{nil, {"a1"}, {"s1"}}, prepare: func(s *setting) {
			s.settle()
			s.do(move{kind: moveCut, a: 2})
			s.settle()
			s.do(move{kind: moveHeal})
		}},
}

// A setting is a world that is being prepared.
type setting struct {
	e     *explorer
	w     world
	fault string
}

func (s start) make(e *explorer) (world, string) {
	x := &setting{e: e}
	for i := range size {
		x.w.at[i] = e.born(i)
	}
	s.prepare(x)
	for i := range size {
		x.w.at[i] = e.saying(x.w.at[i], s.unsaid[i]...)
	}
	return x.w, x.fault
}

// saying is a member's state with these messages to send.
func (e *explorer) saying(state int32, messages ...string) int32 {
	m := clone(e.plans, e.members[state], 0)
	m.unsaid = messages
	return e.keep(m)
}

func (s *setting) do(v move) {
	if s.fault == "" {
		s.w, s.fault = s.e.apply(s.w, v)
	}
}

// settle lets the first of all that can happen happen, until everything is quiet.
func (s *setting) settle() {
	for range 100_000 {
		if s.fault != "" || s.e.ended(&s.w) {
			return
		}
		list := s.e.moves(nil, &s.w, true)
		if len(list) == 0 {
			s.fault = "nothing happens any more, and it is no quiet end"
			return
		}
		v := list[0]
		for _, o := range list {
			if o.kind != moveHeal {
				v = o
				break
			}
		}
		s.do(v)
	}
	s.fault = "it is never quiet"
}
