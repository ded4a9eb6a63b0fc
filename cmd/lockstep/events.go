package main

// The events that "lockstep node" prints, field by field. Names and meanings are fixed: others parse them. Lists are never null.

import (
	"encoding/json"

	"github.com/lockstep-go/lockstep"
)

type startEvent struct {
	Ev     string `json:"ev"`
	Name   string `json:"name"`
	Member string `json:"member"`
	Listen string `json:"listen"`
}

type viewEvent struct {
	Ev      string      `json:"ev"`
	Group   string      `json:"group"`
	View    string      `json:"view"`
	Members []string    `json:"members"`
	Joined  []string    `json:"joined"`
	Left    []leftEntry `json:"left"`
	With    []string    `json:"with"`
	Loading []string    `json:"loading"`
	Primary bool        `json:"primary"`
	Count   uint64      `json:"count"`
	Chain   string      `json:"chain"`
}

// leftEntry is one departure in a viewEvent.
type leftEntry struct {
	Member string `json:"member"`
	Reason string `json:"reason"`
}

type transitionalEvent struct {
	Ev      string   `json:"ev"`
	Group   string   `json:"group"`
	Members []string `json:"members"`
}

type deliverEvent struct {
	Ev     string `json:"ev"`
	Group  string `json:"group"`
	View   string `json:"view"`
	Seq    uint64 `json:"seq"`
	Order  string `json:"order"`
	Sender string `json:"sender"`
	Data   string `json:"data"`
	Count  uint64 `json:"count"`
	Chain  string `json:"chain"`

	Transitional bool `json:"transitional,omitempty"`
}

type stateEvent struct {
	Ev      string      `json:"ev"`
	Tag     string      `json:"tag,omitempty"`
	View    string      `json:"view"`
	Primary bool        `json:"primary"`
	Count   uint64      `json:"count"`
	Chain   string      `json:"chain"`
	Tail    []tailEntry `json:"tail,omitempty"`
}

// tailEntry is one of the last entries of the log, for a "state" that asks for some.
type tailEntry struct {
	Seq    uint64 `json:"seq"`
	Sender string `json:"sender"`
	Data   string `json:"data"`
}

type blockedEvent struct {
	Ev      string `json:"ev"`
	Primary bool   `json:"primary"`
}

// leftEvent says that this member is out of the group; Error is there if nobody asked for that.
type leftEvent struct {
	Ev    string `json:"ev"`
	Error string `json:"error,omitempty"`
}

// lostEvent is a message that a send had accepted and that this member will not deliver.
type lostEvent struct {
	Ev        string `json:"ev"`
	Order     string `json:"order"`
	Data      string `json:"data"`
	Uncertain bool   `json:"uncertain"`
}

type acceptedEvent struct {
	Ev    string `json:"ev"`
	Op    string `json:"op"`
	Tag   string `json:"tag,omitempty"`
	Count int    `json:"count"`
}

type appliedEvent struct {
	Ev  string `json:"ev"`
	Tag string `json:"tag"`
	Seq uint64 `json:"seq"`
}

type flushedEvent struct {
	Ev  string `json:"ev"`
	Tag string `json:"tag"`
}

// lossEvent is what an override would give up.
type lossEvent struct {
	Ev       string   `json:"ev"`
	Tag      string   `json:"tag"`
	Founding uint64   `json:"founding"`
	Members  []string `json:"members"`
}

type overriddenEvent struct {
	Ev  string `json:"ev"`
	Tag string `json:"tag"`
}

type resizedEvent struct {
	Ev   string `json:"ev"`
	Tag  string `json:"tag"`
	Size int    `json:"size"`
}

// repliesEvent is a query's outcome. Failed has whoever did not answer, those in Declined (no state yet) among them, so that
// with need "all" Replies and Failed cover the view.
type repliesEvent struct {
	Ev       string            `json:"ev"`
	Tag      string            `json:"tag"`
	View     string            `json:"view"`
	Replies  map[string]string `json:"replies"`
	Failed   []string          `json:"failed"`
	Declined []string          `json:"declined"`
	Stale    bool              `json:"stale,omitempty"` // only this member was asked: there is no primary here
}

type errorEvent struct {
	Ev        string `json:"ev"`
	Op        string `json:"op"`
	Tag       string `json:"tag,omitempty"`
	Count     *int   `json:"count,omitempty"` // of sends and bursts: how many were accepted
	Error     string `json:"error"`
	Uncertain bool   `json:"uncertain"`
}

// statsEvent is lockstep.Stats with the event's name before its fields.
type statsEvent struct {
	tag   string
	stats lockstep.Stats
}

// MarshalJSON puts the event's name and the fields of the Stats into one object.
func (e statsEvent) MarshalJSON() ([]byte, error) {
	head, err := json.Marshal(struct {
		Ev  string `json:"ev"`
		Tag string `json:"tag,omitempty"`
	}{"stats", e.tag})
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(e.stats)
	if err != nil {
		return nil, err
	}
	if len(body) <= len("{}") {
		return head, nil
	}
	head[len(head)-1] = ','
	return append(head, body[1:]...), nil
}

// names are members as printed; the list is never nil.
func names(members []lockstep.Member) []string {
	out := make([]string, len(members))
	for i, m := range members {
		out[i] = m.String()
	}
	return out
}

// departures are those who left as printed; the list is never nil.
func departures(left []lockstep.Departure) []leftEntry {
	out := make([]leftEntry, len(left))
	for i, d := range left {
		out[i] = leftEntry{Member: d.Member.String(), Reason: d.Reason.String()}
	}
	return out
}

// viewName is a view's id as printed; "" for no view.
func viewName(id lockstep.ViewID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}
