package lockstep

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// The id that an operator sees beside a key file must be the one in "packets under unknown key id".
func TestKeyIDIsThatOfPackets(t *testing.T) {
	k := newKey(t)
	net := memnet.New(memnet.Config{})
	tr, err := net.Listen("10.0.0.1:7946")
	if err != nil {
		t.Fatal(err)
	}
	e, err := transport.NewEndpoint(transport.EndpointConfig{Transport: tr, Key: k.bytes(), Label: "test", Self: wire.NewMemberID("a", 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.KeyID() != k.wireID() {
		t.Errorf("%08x in packets, %08x here", e.KeyID(), k.wireID())
	}
}
