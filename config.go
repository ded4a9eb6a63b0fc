package lockstep

// What a node is started with: Config, its defaults and its checks.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep/transport"
)

// Bounds and defaults of Config.
const (
	defaultListen        = ":7946"
	defaultCluster       = "lockstep"
	defaultMaxMessage    = 64 << 20
	defaultQueueMessages = 16384
	defaultQueueBytes    = 16 << 20
	defaultSpillBytes    = 1 << 30

	nameMax          = 255 // as in wire.Info
	clusterMax       = 255
	seedsMax         = 256
	maxMessageMin    = 1 << 10
	maxMessageMax    = 1 << 30
	queueMessagesMin = 16
	queueMessagesMax = 1 << 24
	queueBytesMin    = 64 << 10
	queueBytesMax    = 1 << 40
	spillBytesMin    = 1 << 20
)

// Config is what a node is started with. Name, and Key or InsecureNoKey, are required; every other field may be left zero.
// Start copies it.
type Config struct {
	// Name is the node's name, unique in the cluster, and kept when the process is started again. Required: 1 to 255 bytes
	// of UTF-8 without space, control character or slash.
	Name string
	// Listen is where to listen, as "host:port", for UDP and TCP alike. Empty: ":7946". Port 0 picks a free port, which
	// Node.Addr tells.
	Listen string
	// Advertise is what others should dial, as "host" or "host:port". Empty: the address of the interface that routes to the
	// seeds, with the port listened on.
	Advertise string
	// Seeds are where other members may be found, as "host:port"; a host may be a name and stand for many addresses. They are
	// looked up now and again later; the node's own address among them is ignored. At most 256. Empty: this node may found a
	// cluster alone, at once, and others find it.
	Seeds []string
	// Key is the secret that all members share; see GenerateKey and LoadKey. The zero Key needs InsecureNoKey.
	Key Key
	// InsecureNoKey runs without a key: anyone who can send a packet can read, forge and kill. Zero: false. Refused with a Key.
	InsecureNoKey bool
	// Cluster is a label that all members share; packets under another label are not understood even with the same key.
	// Empty: "lockstep". At most 255 bytes.
	Cluster string
	// MTU is the largest datagram to send, in bytes, without IP and UDP headers. Zero: sensed from the interface.
	MTU int
	// OffloadDisabled has every datagram cross to the kernel and back by itself. Zero: false; on Linux the kernel cuts and joins runs of
	// datagrams where it can, several times as fast, and this ends for good where it fails. Stats.OffloadSend and OffloadReceive tell.
	OffloadDisabled bool
	// Timing is how long the protocol waits for what. Zero fields, and so the zero Timing: as in LAN().
	Timing Timing
	// MaxMessage is the largest message this member may send, in bytes once encoded, from 1 KiB to 1 GiB. Zero: 64 MiB. A
	// larger one is refused with ErrTooLarge.
	MaxMessage int
	// QueueMessages is how many messages of a group may wait on this member, to be sent and again to be handled, unless
	// GroupConfig says otherwise: at least 16. Zero: 16384.
	QueueMessages int
	// QueueBytes is how many bytes of messages of a group may wait, likewise, from 64 KiB on. A message is taken whole where less than
	// that waits, so one message more may. Zero: 16 MiB.
	QueueBytes int
	// SpillDir is an existing directory for what this node misses of a group while it loads the group's state, once that is too much for
	// the queue, and until it has caught up. Empty: it waits in the queue, and at half of its bounds the group slows down. The states that
	// this node gives to joiners are kept there too, or in the system's directory for temporary files. Nothing in it outlives the
	// process, and nothing in it is encrypted.
	SpillDir string
	// SpillBytes bounds what of the messages missed is in SpillDir, of all groups together; beyond it the group slows down. States do not
	// count. At least 1 MiB. Zero: 1 GiB.
	SpillBytes int64
	// TransferRate bounds the bytes a second of states that this node gives to joiners, of all its groups together, so that a large state
	// leaves room for messages. What of a state does not fit in memory is written to disk first, eight times as fast. Zero: no limit.
	TransferRate int
	// StateDir is an existing directory of this node's own, on a disk that keeps what it was told is written. In it the node
	// remembers how far it got, so that no ring id, position or incarnation comes twice, whatever the clock says after a restart.
	// The directory is locked while the node runs; one that is damaged or another node's is refused. Empty: nothing is remembered,
	// and a later start must find a later clock.
	StateDir string
	// Logger takes what an operator may want to read. Nil: silent. LoggerFromSlog adapts a slog.Handler.
	Logger *zap.Logger
	// Events is told what happens to the node, as it happens. Nil: nobody is.
	Events *EventListener
	// Codec turns messages into bytes; all members must use the same. Nil: MsgpackCodec().
	Codec Codec
	// Transport replaces the sockets; Listen is then ignored and Close closes it. Nil: UDP and TCP on Listen.
	Transport transport.Transport
	// Resolve looks up the addresses of a seed's host. It may block until ctx ends and is called on a goroutine of its own.
	// Nil: the system's resolver.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	// StatusDisabled turns off the answer to "lockstep status". Zero: false; only holders of the key are answered.
	StatusDisabled bool
}

// withDefaults returns a copy in which no field is zero that has another default.
func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = defaultListen
	}
	if c.Cluster == "" {
		c.Cluster = defaultCluster
	}
	c.Seeds = append([]string(nil), c.Seeds...)
	c.Timing = c.Timing.withDefaults()
	if c.MaxMessage == 0 {
		c.MaxMessage = defaultMaxMessage
	}
	if c.QueueMessages == 0 {
		c.QueueMessages = defaultQueueMessages
	}
	if c.QueueBytes == 0 {
		c.QueueBytes = defaultQueueBytes
	}
	if c.SpillBytes == 0 {
		c.SpillBytes = defaultSpillBytes
	}
	if c.Logger == nil {
		c.Logger = zap.NewNop()
	}
	if c.Codec == nil {
		c.Codec = MsgpackCodec()
	}
	if c.Resolve == nil {
		c.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	return c
}

// validate checks a Config that went through withDefaults. Its error names the field.
func (c Config) validate() error {
	if why := badName(c.Name); why != "" {
		return fieldError("Config.Name", why)
	}
	if c.Transport == nil {
		if why := badHostPort(c.Listen); why != "" {
			return fieldError("Config.Listen", why)
		}
	}
	if c.Advertise != "" {
		if why := badAdvertise(c.Advertise); why != "" {
			return fieldError("Config.Advertise", why)
		}
	}
	if len(c.Seeds) > seedsMax {
		return fieldError("Config.Seeds", fmt.Sprintf("must be at most %d, are %d", seedsMax, len(c.Seeds)))
	}
	for i, s := range c.Seeds {
		why := badHostPort(s)
		if host, port, err := net.SplitHostPort(s); why == "" && err == nil {
			switch {
			case host == "":
				why = fmt.Sprintf("%q has no host", s)
			case port == "0":
				why = fmt.Sprintf("%q has port 0, which nobody can dial", s)
			}
		}
		if why != "" {
			return fieldError(fmt.Sprintf("Config.Seeds[%d]", i), why)
		}
	}
	switch {
	case c.Key.IsZero() && !c.InsecureNoKey:
		return fieldError("Config.Key", "must be given (LoadKey reads one, GenerateKey makes one); only InsecureNoKey runs without")
	case !c.Key.IsZero() && c.InsecureNoKey:
		return fieldError("Config.InsecureNoKey", "must be false where there is a Key")
	}
	if len(c.Cluster) > clusterMax {
		return fieldError("Config.Cluster", fmt.Sprintf("must be at most %d bytes, is %d", clusterMax, len(c.Cluster)))
	}
	if c.MTU != 0 && (c.MTU < transport.MinMTU || c.MTU > transport.MaxDatagram) {
		return fieldError("Config.MTU", fmt.Sprintf("must be 0 or between %d and %d, is %d", transport.MinMTU, transport.MaxDatagram, c.MTU))
	}
	if err := c.Timing.validate(); err != nil {
		return err
	}
	if c.MaxMessage < maxMessageMin || c.MaxMessage > maxMessageMax {
		return fieldError("Config.MaxMessage", fmt.Sprintf("must be between %d and %d, is %d", maxMessageMin, maxMessageMax, c.MaxMessage))
	}
	if err := badQueue("Config", c.QueueMessages, c.QueueBytes); err != nil {
		return err
	}
	if c.SpillBytes < spillBytesMin {
		return fieldError("Config.SpillBytes", fmt.Sprintf("must be 0 or at least %d, is %d", spillBytesMin, c.SpillBytes))
	}
	if c.TransferRate < 0 {
		return fieldError("Config.TransferRate", fmt.Sprintf("must be 0 or more, is %d", c.TransferRate))
	}
	for _, d := range []struct{ field, dir string }{{"Config.SpillDir", c.SpillDir}, {"Config.StateDir", c.StateDir}} {
		if d.dir == "" {
			continue
		}
		if st, err := os.Stat(d.dir); err != nil {
			return fieldError(d.field, err.Error())
		} else if !st.IsDir() {
			return fieldError(d.field, fmt.Sprintf("%q is not a directory", d.dir))
		}
	}
	if why := badCodec(c.Codec); why != "" {
		return fieldError("Config.Codec", why)
	}
	return nil
}

// fieldError is the form of every complaint about a field.
func fieldError(field, why string) error { return errors.New("lockstep: " + field + ": " + why) }

// badName says what is wrong with a node's or a group's name, or nothing.
func badName(name string) string {
	switch {
	case name == "":
		return "must be given"
	case len(name) > nameMax:
		return fmt.Sprintf("must be at most %d bytes, is %d", nameMax, len(name))
	case !utf8.ValidString(name):
		return fmt.Sprintf("must be UTF-8, is %q", name)
	}
	if i := strings.IndexFunc(name, func(r rune) bool { return r == '/' || unicode.IsSpace(r) || !unicode.IsPrint(r) }); i >= 0 {
		return fmt.Sprintf("must be without space, control character or slash, is %q", name)
	}
	return ""
}

func badCodec(c Codec) string {
	if c == nil {
		return "must be given"
	}
	return badName(c.Name())
}

// badHostPort says what is wrong with an address, or nothing. Names are looked up later, not here.
func badHostPort(s string) string {
	if s == "" {
		return "must be host:port, is empty"
	}
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Sprintf("must be host:port, is %q", s)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Sprintf("must have a port between 0 and 65535, is %q", s)
	}
	return ""
}

// badAdvertise says what is wrong with an address for others: the host must be there, the port may be missing.
func badAdvertise(s string) string {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		if _, perr := netip.ParseAddr(s); perr == nil || !strings.ContainsAny(s, ":[] ") {
			return ""
		}
		return fmt.Sprintf("must be host or host:port, is %q", s)
	}
	if why := badHostPort(s); why != "" {
		return why
	}
	if a, err := netip.ParseAddr(host); host == "" || err == nil && a.IsUnspecified() {
		return fmt.Sprintf("must have a host that others can dial, is %q", s)
	}
	if port == "0" {
		return fmt.Sprintf("must not have port 0, is %q", s)
	}
	return ""
}

// badQueue checks the bounds of a queue; owner is the name of the struct.
func badQueue(owner string, messages, bytes int) error {
	if messages < queueMessagesMin || messages > queueMessagesMax {
		return fieldError(owner+".QueueMessages", fmt.Sprintf("must be between %d and %d, is %d", queueMessagesMin, queueMessagesMax, messages))
	}
	if bytes < queueBytesMin || int64(bytes) > queueBytesMax {
		return fieldError(owner+".QueueBytes", fmt.Sprintf("must be between %d and %d, is %d", queueBytesMin, int64(queueBytesMax), bytes))
	}
	return nil
}
