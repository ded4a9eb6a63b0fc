package lockstep

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"
)

func goodConfig(t *testing.T) Config {
	return Config{Name: "a", Key: newKey(t)}
}

func TestConfigDefaults(t *testing.T) {
	c := goodConfig(t).withDefaults()
	if err := c.validate(); err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":7946" || c.Cluster != "lockstep" || c.MaxMessage != 64<<20 || c.QueueMessages != 16384 || c.QueueBytes != 16<<20 ||
		c.Timing != LAN() || c.Logger == nil || c.Codec.Name() != "msgpack" {
		t.Errorf("defaults: %+v", c)
	}
	if _, err := c.Resolve(context.Background(), "127.0.0.1"); err != nil {
		t.Errorf("the default resolver: %v", err)
	}
	large := goodConfig(t)
	large.MaxMessage = 512 << 20
	if large = large.withDefaults(); large.QueueBytes != 16<<20 || large.validate() != nil {
		t.Errorf("QueueBytes %d where a message may be larger: %v", large.QueueBytes, large.validate())
	}
	from := []string{"h:1"}
	copied := Config{Seeds: from}.withDefaults()
	if from[0] = "changed"; copied.Seeds[0] != "h:1" {
		t.Error("Seeds are shared with the caller")
	}
}

func TestConfigRefuses(t *testing.T) {
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Name = "" }, "lockstep: Config.Name: must be given"},
		{func(c *Config) { c.Name = "a/b" }, `lockstep: Config.Name: must be without space, control character or slash, is "a/b"`},
		{func(c *Config) { c.Name = "a b" }, "lockstep: Config.Name: must be without space"},
		{func(c *Config) { c.Name = "a\xff" }, `lockstep: Config.Name: must be UTF-8, is "a\xff"`},
		{func(c *Config) { c.Name = strings.Repeat("a", 256) }, "lockstep: Config.Name: must be at most 255 bytes, is 256"},
		{func(c *Config) { c.Listen = "here" }, `lockstep: Config.Listen: must be host:port, is "here"`},
		{func(c *Config) { c.Listen = ":70000" }, `lockstep: Config.Listen: must have a port between 0 and 65535, is ":70000"`},
		{func(c *Config) { c.Advertise = "0.0.0.0:7946" }, `lockstep: Config.Advertise: must have a host that others can dial, is "0.0.0.0:7946"`},
		{func(c *Config) { c.Advertise = "h:0" }, `lockstep: Config.Advertise: must not have port 0, is "h:0"`},
		{func(c *Config) { c.Advertise = "a:b:c" }, `lockstep: Config.Advertise: must be host or host:port, is "a:b:c"`},
		{func(c *Config) { c.Seeds = []string{"h:1", "h"} }, `lockstep: Config.Seeds[1]: must be host:port, is "h"`},
		{func(c *Config) { c.Seeds = []string{":7946"} }, `lockstep: Config.Seeds[0]: ":7946" has no host`},
		{func(c *Config) { c.Seeds = []string{"h:0"} }, `lockstep: Config.Seeds[0]: "h:0" has port 0, which nobody can dial`},
		{func(c *Config) { c.Seeds = make([]string, 257) }, "lockstep: Config.Seeds: must be at most 256, are 257"},
		{func(c *Config) { c.Key = Key{} }, "lockstep: Config.Key: must be given (LoadKey reads one, GenerateKey makes one); only InsecureNoKey runs without"},
		{func(c *Config) { c.InsecureNoKey = true }, "lockstep: Config.InsecureNoKey: must be false where there is a Key"},
		{func(c *Config) { c.Cluster = strings.Repeat("x", 300) }, "lockstep: Config.Cluster: must be at most 255 bytes, is 300"},
		{func(c *Config) { c.MTU = 100 }, "lockstep: Config.MTU: must be 0 or between 548 and 9216, is 100"},
		{func(c *Config) { c.Timing.Join = -1 }, "lockstep: Config.Timing.Join: must be between 1ms and 10m0s, is -1ns"},
		{func(c *Config) { c.Timing.Silence = 150 * time.Millisecond }, "lockstep: Config.Timing.Probe: must be less than Silence, which is 150ms; is 200ms"},
		{func(c *Config) { c.Timing.Join = time.Second }, "lockstep: Config.Timing.Join: must be less than Consensus, which is 250ms; is 1s"},
		{func(c *Config) { c.MaxMessage = 5 }, "lockstep: Config.MaxMessage: must be between 1024 and 1073741824, is 5"},
		{func(c *Config) { c.QueueMessages = 1 }, "lockstep: Config.QueueMessages: must be between 16 and 16777216, is 1"},
		{func(c *Config) { c.QueueBytes = 1000 }, "lockstep: Config.QueueBytes: must be between 65536 and 1099511627776, is 1000"},
		{func(c *Config) { c.SpillDir = "/no/such/dir" }, "lockstep: Config.SpillDir: stat /no/such/dir"},
		{func(c *Config) { c.SpillDir = "config_test.go" }, `lockstep: Config.SpillDir: "config_test.go" is not a directory`},
		{func(c *Config) { c.StateDir = "/no/such/dir" }, "lockstep: Config.StateDir: stat /no/such/dir"},
		{func(c *Config) { c.StateDir = "config_test.go" }, `lockstep: Config.StateDir: "config_test.go" is not a directory`},
		{func(c *Config) { c.Codec = namedCodec("") }, "lockstep: Config.Codec: must be given"},
	} {
		cfg := goodConfig(t)
		c.change(&cfg)
		if err := cfg.withDefaults().validate(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

// namedCodec is msgpack under another name.
type namedCodec string

func (n namedCodec) Append(b []byte, v any) ([]byte, error) { return MsgpackCodec().Append(b, v) }
func (n namedCodec) Decode(b []byte, v any) error           { return MsgpackCodec().Decode(b, v) }
func (n namedCodec) Name() string                           { return string(n) }

func TestConfigTakes(t *testing.T) {
	for _, change := range []func(*Config){
		func(c *Config) { c.Key, c.InsecureNoKey = Key{}, true },
		func(c *Config) { c.Listen = "[::1]:0" },
		func(c *Config) { c.Advertise = "10.0.0.1" },
		func(c *Config) { c.Advertise = "2001:db8::1" },
		func(c *Config) { c.Advertise = "host.example" },
		func(c *Config) { c.Advertise = "[2001:db8::1]:7946" },
		func(c *Config) { c.Seeds = []string{"[2001:db8::1]:1", "seeds.example:7946"} },
		func(c *Config) { c.Timing = Local() },
		func(c *Config) { c.Timing = WAN() },
		func(c *Config) { c.Timing = Timing{Silence: 2 * time.Second} },
		func(c *Config) { c.SpillDir = t.TempDir() },
		func(c *Config) { c.Name = "nœud-1" },
		func(c *Config) { c.MTU = 1280 },
		func(c *Config) { c.MaxMessage, c.QueueBytes = 16<<20, 64<<10 },
	} {
		cfg := goodConfig(t)
		change(&cfg)
		if err := cfg.withDefaults().validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestTimingFieldsAreAllListed(t *testing.T) {
	for _, preset := range []Timing{Local(), LAN(), WAN()} {
		if err := preset.validate(); err != nil {
			t.Error(err)
		}
		if preset.Silence < 800*time.Millisecond || preset.TokenLoss < 800*time.Millisecond {
			t.Errorf("a pause of 500 ms costs the place under %+v", preset)
		}
	}
	var listed Timing
	fields := listed.fields()
	typ := reflect.TypeFor[Timing]()
	if len(fields) != typ.NumField() {
		t.Fatalf("%d fields listed of %d", len(fields), typ.NumField())
	}
	for i, f := range fields {
		*f.value = time.Duration(i + 1)
		if f.name != typ.Field(i).Name || reflect.ValueOf(listed).Field(i).Int() != int64(i+1) {
			t.Errorf("field %d is listed as %s", i, f.name)
		}
	}
	if (Timing{}).withDefaults() != LAN() {
		t.Error("the zero Timing is not LAN")
	}
}

func TestGroupConfig(t *testing.T) {
	cfg := goodConfig(t).withDefaults()
	g := GroupConfig{}.withDefaults(cfg)
	if err := g.validate(cfg); err != nil || g.QueueMessages != cfg.QueueMessages || g.QueueBytes != cfg.QueueBytes {
		t.Errorf("defaults: %+v, %v", g, err)
	}
	for _, c := range []struct {
		g    GroupConfig
		want string
	}{
		{GroupConfig{Size: -1}, "lockstep: GroupConfig.Size: must be between 0 and 1024, is -1"},
		{GroupConfig{Size: 2000}, "lockstep: GroupConfig.Size: must be between 0 and 1024, is 2000"},
		{GroupConfig{Partition: 9}, "lockstep: GroupConfig.Partition: must be Primary, Partitionable or ReadOnly, is 9"},
		{GroupConfig{LastMember: 9}, "lockstep: GroupConfig.LastMember: must be Blocked or GoOn, is 9"},
		{GroupConfig{LastMember: GoOn, Size: 3}, "lockstep: GroupConfig.LastMember: must be Blocked where there is a Size, which is 3"},
		{GroupConfig{LastMember: GoOn, Partition: Partitionable}, "lockstep: GroupConfig.LastMember: must be Blocked where Partition"},
		{GroupConfig{QueueMessages: 3}, "lockstep: GroupConfig.QueueMessages: must be between"},
		{GroupConfig{RateLimit: RateLimit{Messages: -1}}, "lockstep: GroupConfig.RateLimit.Messages: must be between 0 and 10000000, is -1"},
		{GroupConfig{RateLimit: RateLimit{Bytes: -1}}, "lockstep: GroupConfig.RateLimit.Bytes: must be between"},
		{GroupConfig{QueueBytes: 3}, "lockstep: GroupConfig.QueueBytes: must be between"},
	} {
		if err := c.g.withDefaults(cfg).validate(cfg); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}
