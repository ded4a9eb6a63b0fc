package main

// The flags that say who a node is and where the others are, and the lockstep.Config they make.

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/lockstep-go/lockstep"
)

// keyFlags say what a holder of the key must know.
type keyFlags struct {
	keyFile  string
	insecure bool
	cluster  string
}

func (f *keyFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.keyFile, "key-file", "", "`FILE` with the cluster key, as keygen writes it")
	fs.BoolVar(&f.insecure, "insecure", false, "run without a key: anyone who can send a packet can read, forge and kill")
	fs.StringVar(&f.cluster, "cluster", "", "`LABEL` that all members share (default \"lockstep\")")
}

// key reads the key file. One of -key-file and -insecure must be there.
func (f *keyFlags) key() (lockstep.Key, error) {
	switch {
	case f.keyFile == "" && !f.insecure:
		return lockstep.Key{}, wrongUsage("-key-file is missing (lockstep keygen -out FILE makes one; -insecure runs without)")
	case f.keyFile != "" && f.insecure:
		return lockstep.Key{}, wrongUsage("-key-file and -insecure exclude each other")
	case f.insecure:
		return lockstep.Key{}, nil
	}
	return lockstep.LoadKey(f.keyFile)
}

// nodeFlags say what a lockstep.Config needs, except the name.
type nodeFlags struct {
	keyFlags
	listen    string
	advertise string
	seeds     string
	timing    string
	mtu       int
	noOffload bool
	spillDir  string
	spillMost int64
	giveRate  int
	log       string
}

func (f *nodeFlags) register(fs *flag.FlagSet) {
	f.keyFlags.register(fs)
	fs.StringVar(&f.listen, "listen", ":7946", "`HOST:PORT` to listen on, for UDP and TCP; port 0 picks a free one")
	fs.StringVar(&f.advertise, "advertise", "", "`HOST[:PORT]` that others should dial (default: found out)")
	fs.StringVar(&f.seeds, "seeds", "", "`HOST:PORT,...` where other members may be found; one's own address among them does no harm")
	fs.StringVar(&f.timing, "timing", "lan", "how long to wait for what: local, lan or wan")
	fs.IntVar(&f.mtu, "mtu", 0, "largest datagram in `BYTES`, without IP and UDP headers (0: sensed)")
	fs.BoolVar(&f.noOffload, "no-offload", false, "let every datagram cross to the kernel and back by itself")
	fs.StringVar(&f.spillDir, "spill-dir", "", "existing `DIRECTORY` for what is missed while a state loads (default: it waits in memory)")
	fs.Int64Var(&f.spillMost, "spill-bytes", 0, "at most so many `BYTES` there (0: 1 GiB)")
	fs.IntVar(&f.giveRate, "transfer-rate", 0, "at most so many `BYTES` a second of state for those who join (0: no limit)")
	fs.StringVar(&f.log, "log", "", "`FILE` to which log lines (JSON) are appended (default: no log)")
}

// config makes the Config. close closes the log; call it after the node.
func (f *nodeFlags) config(name string) (cfg lockstep.Config, closeLog func(), err error) {
	closeLog = func() {}
	key, err := f.key()
	if err != nil {
		return cfg, closeLog, err
	}
	cfg = lockstep.Config{
		Name: name, Listen: f.listen, Advertise: f.advertise, Seeds: splitList(f.seeds), Key: key, InsecureNoKey: f.insecure,
		Cluster: f.cluster, MTU: f.mtu, OffloadDisabled: f.noOffload, SpillDir: f.spillDir, SpillBytes: f.spillMost,
		TransferRate: f.giveRate,
	}
	switch f.timing {
	case "local":
		cfg.Timing = lockstep.Local()
	case "lan":
		cfg.Timing = lockstep.LAN()
	case "wan":
		cfg.Timing = lockstep.WAN()
	default:
		return cfg, closeLog, wrongUsage("-timing must be local, lan or wan, is %q", f.timing)
	}
	if f.log == "" {
		return cfg, closeLog, nil
	}
	file, err := os.OpenFile(f.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return cfg, closeLog, fmt.Errorf("-log: %w", err)
	}
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	cfg.Logger = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(encoding), zapcore.Lock(file), zap.DebugLevel))
	return cfg, func() { _ = file.Close() }, nil
}

// splitList cuts a comma-separated list; empty parts do not count.
func splitList(s string) []string {
	var list []string
	for _, part := range strings.Split(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
