package record

// What the simulator says of larger rings than a small machine can run.

// A MembersPoint is a ring of so many members, all of which send.
type MembersPoint struct {
	Members  int     `json:"members"`
	Rotation float64 `json:"rotation_us"` // virtual microseconds of one way of the token round
	Idle     float64 `json:"idle_packets_s"`
	Steps    float64 `json:"steps_message"`   // steps of all members' protocol cores for each message that is sent
	Packets  float64 `json:"packets_message"` // packets that arrive anywhere, for each message that is sent
}

// A MembersReport is the simulator's sweep. It is virtual and drawn from a seed: equal protocols make equal reports.
type MembersReport struct {
	Delay  float64        `json:"delay_us"`  // of a packet on its way
	Rate   float64        `json:"rate"`      // messages a second of all members together
	Size   int            `json:"size"`      // of a message
	Length float64        `json:"virtual_s"` // of each measurement
	Points []MembersPoint `json:"points"`
}
