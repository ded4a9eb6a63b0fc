package transport

// Who is at the other end of a stream: TLS 1.3 with a certificate on both sides. There is no certificate authority to run. The
// Ed25519 key that signs is derived from the cluster key, so every member makes its own certificate at start and anyone who can
// check it could have made it: the certificate proves the cluster key, and names the member. Validity times play no part, for clocks
// may be wrong; a certificate lives as long as its process.

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	uriScheme = "lockstep"   // of the member id in a certificate: lockstep:HEX
	protocol  = "lockstep/1" // the application protocol of the handshake
)

var (
	errForeign    = errors.New("its certificate is not of this cluster (wrong key or label?)")
	errNoIdentity = errors.New("its certificate names no member")
)

// identity makes this endpoint's TLS configuration and judges the peers' certificates.
type identity struct {
	authority ed25519.PublicKey
	config    *tls.Config // for both roles
}

func newIdentity(c cluster, self wire.MemberID) (*identity, error) {
	seed, err := hkdf.Key(sha256.New, c.key, nil, "lockstep stream ca v1"+c.label, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	signer := ed25519.NewKeyFromSeed(seed)
	id := &identity{authority: signer.Public().(ed25519.PublicKey)}
	leaf, err := newLeaf(signer, self)
	if err != nil {
		return nil, err
	}
	id.config = &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{leaf},
		NextProtos:   []string{protocol},
		ClientAuth:   tls.RequireAnyClientCert,
		// The standard verification wants names, times and root stores, none of which there are here. VerifyConnection takes
		// its place on both sides, and no session is resumed.
		InsecureSkipVerify:     true,
		SessionTicketsDisabled: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			_, err := id.member(state)
			return err
		},
	}
	return id, nil
}

// newLeaf makes a certificate for a fresh key that names the member.
func newLeaf(signer ed25519.PrivateKey, self wire.MemberID) (tls.Certificate, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}
	from := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // fields of the format; nobody looks at them
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lockstep cluster"},
		NotBefore: from, NotAfter: from.AddDate(7000, 0, 0), IsCA: true, BasicConstraintsValid: true,
	}
	leaf := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "lockstep member"},
		NotBefore: from, NotAfter: from.AddDate(7000, 0, 0),
		URIs:     []*url.URL{{Scheme: uriScheme, Opaque: hex.EncodeToString(self[:])}},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, leaf, authority, public, signer)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("transport: certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: private}, nil
}

// member is who the peer proved to be: the handshake proved that it holds its certificate's key, and here the cluster's signature on
// that certificate is checked.
func (id *identity) member(state tls.ConnectionState) (wire.MemberID, error) {
	if len(state.PeerCertificates) != 1 {
		return wire.MemberID{}, errForeign
	}
	cert := state.PeerCertificates[0]
	if cert.SignatureAlgorithm != x509.PureEd25519 || !ed25519.Verify(id.authority, cert.RawTBSCertificate, cert.Signature) {
		return wire.MemberID{}, errForeign
	}
	if len(cert.URIs) != 1 || cert.URIs[0].Scheme != uriScheme {
		return wire.MemberID{}, errNoIdentity
	}
	raw, err := hex.DecodeString(cert.URIs[0].Opaque)
	if err != nil || len(raw) != len(wire.MemberID{}) {
		return wire.MemberID{}, errNoIdentity
	}
	return wire.MemberID(raw), nil
}
