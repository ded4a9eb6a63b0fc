package arrows

// The table: one row a package, in the order in which a reader meets them.

// Module is the module's path.
const Module = "github.com/lockstep-go/lockstep"

// A Rule says what a package may import.
type Rule struct {
	// Ours are the directories of this module that the package may import; "" is the root.
	Ours []string
	// Theirs are the modules of others that it may import.
	Theirs []string
	// TestOurs and TestTheirs are what its tests may import besides, and the package itself.
	TestOurs, TestTheirs []string
	// Pure forbids all that would make the same events give other effects: see purity.go.
	Pure bool
	// Replayed forbids the same, except a random source that is given its seed.
	Replayed bool
}

const (
	msgpack   = "github.com/vmihailenco/msgpack/v5"
	zap       = "go.uber.org/zap"
	xsys      = "golang.org/x/sys"
	xnet      = "golang.org/x/net"
	xcrypto   = "golang.org/x/crypto"
	rapid     = "pgregory.net/rapid"
	porcupine = "github.com/anishathalye/porcupine"
	datadrive = "github.com/cockroachdb/datadriven"
)

// testers are what any test may use.
var testers = []string{rapid, porcupine, datadrive}

// Rules is the table, by directory. The directory of a command or an example that is not listed follows Commands.
var Rules = map[string]Rule{
	"internal/wire":        {TestTheirs: testers},
	"transport":            {Ours: []string{"internal/wire"}, Theirs: []string{xsys, xnet, xcrypto}, TestOurs: []string{"transport/memnet"}},
	"transport/memnet":     {Ours: []string{"transport", "internal/wire"}},
	"ordering":             {Ours: []string{"internal/wire"}, Pure: true, TestTheirs: testers},
	"membership":           {Ours: []string{"ordering", "internal/wire"}, Pure: true, TestTheirs: testers},
	"internal/core":        {Ours: []string{"membership", "ordering", "internal/wire"}, Pure: true, TestTheirs: testers},
	"statexfer":            {},
	"internal/evs":         {},
	"internal/linear":      {Theirs: []string{porcupine}},
	"internal/sim":         {Ours: []string{"internal/core", "internal/evs", "internal/linear", "membership", "ordering", "internal/wire"}, Replayed: true, TestTheirs: testers},
	"internal/explore":     {Ours: []string{"internal/evs", "membership", "ordering", "internal/wire"}},
	"internal/catalogue":   {TestOurs: []string{"internal/sim", "internal/core", "internal/evs", "membership", "internal/wire"}, TestTheirs: testers},
	"internal/arrows":      {},
	"internal/lab":         {Theirs: []string{xsys}},
	"internal/bare":        {Ours: []string{"transport", "internal/wire", "internal/loopback"}, Theirs: []string{xsys}},
	"internal/loopback":    {},
	"internal/record":      {},
	"internal/compare":     {Ours: []string{"internal/lab", "internal/record"}},
	"internal/plots":       {Ours: []string{"internal/record", "internal/sim", "internal/wire"}},
	"internal/figures":     {Ours: []string{"internal/lab", "internal/loopback"}},
	"internal/soak":        {Ours: []string{"internal/lab", "internal/evs", "internal/linear"}},
	"internal/mutants":     {Ours: []string{"internal/sim", "internal/evs"}},
	"":                     {Ours: []string{"internal/core", "membership", "ordering", "internal/wire", "statexfer", "transport"}, Theirs: []string{msgpack, zap, xsys}, TestOurs: []string{"", "transport/memnet", "locksteptest", "internal/evs"}, TestTheirs: testers},
	"locksteptest":         {Ours: []string{"", "transport", "transport/memnet"}, Theirs: []string{zap}, TestTheirs: testers},
	"cmd/lockstep":         {Ours: []string{"", "transport", "internal/loopback"}, Theirs: []string{zap, xsys}, TestOurs: []string{"locksteptest"}, TestTheirs: testers},
	"examples/queue":       {Ours: []string{""}, TestOurs: []string{"locksteptest"}},
	"examples/quotes":      {Ours: []string{""}, Theirs: []string{zap}, TestOurs: []string{"locksteptest"}},
	"examples/cache":       {Ours: []string{""}, TestOurs: []string{"locksteptest"}},
	"examples/chat":        {Ours: []string{""}, TestOurs: []string{"locksteptest"}},
	"examples/kv":          {Ours: []string{""}, Theirs: []string{zap}, TestOurs: []string{"locksteptest"}},
	"examples/leader":      {Ours: []string{""}, TestOurs: []string{"locksteptest"}},
	"examples/lockservice": {Ours: []string{""}, Theirs: []string{zap, xsys}, TestOurs: []string{"locksteptest"}, TestTheirs: testers},
}

// MaxLines is the most a file may have.
const MaxLines = 600
