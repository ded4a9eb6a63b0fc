package lockstep

// From the identities of the protocol to those of the interface.

import (
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

func memberOf(m membership.Member) Member {
	return Member{Name: m.Name, Incarnation: m.ID.Incarnation()}
}

func infoMember(i wire.Info) Member {
	return Member{Name: i.Name, Incarnation: i.ID.Incarnation()}
}

// idOf is the member's id on the wire.
func idOf(m Member) wire.MemberID { return wire.NewMemberID(m.Name, m.Incarnation) }

func membersOf(list []membership.Member) []Member {
	if len(list) == 0 {
		return nil
	}
	out := make([]Member, len(list))
	for i, m := range list {
		out[i] = memberOf(m)
	}
	return out
}

func departureOf(d membership.Departure) Departure {
	reason := Reason(d.Reason)
	if reason == 0 {
		// Nobody on this side knows better than that it is silent.
		reason = Partitioned
	}
	return Departure{Member: memberOf(d.Member), Reason: reason}
}

func viewIDOf(v wire.ViewID) ViewID { return ViewID{Num: v.Num, Ring: v.Ring} }

func viewOf(v *membership.View) View {
	out := View{
		ID:      viewIDOf(v.ID),
		Members: membersOf(v.Members),
		Joined:  membersOf(v.Joined),
		With:    membersOf(v.With),
		Loading: membersOf(v.Loading),
		Primary: v.Primary,
		Rank:    v.Rank,
	}
	for _, d := range v.Left {
		out.Left = append(out.Left, departureOf(d))
	}
	return out
}
