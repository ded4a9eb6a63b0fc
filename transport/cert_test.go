package transport_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"math/big"
	"net/url"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// selfSigned is a certificate that names a member and that nobody of the cluster signed.
func selfSigned(t *testing.T, id wire.MemberID) tls.Certificate {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		URIs:         []*url.URL{{Scheme: "lockstep", Opaque: hex.EncodeToString(id[:])}},
	}
	raw, err := x509.CreateCertificate(rand.Reader, leaf, leaf, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: private}
}
