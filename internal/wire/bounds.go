package wire

// The bounds that parsers hold every packet to. Who fills a packet keeps to them; Append does not check.

const (
	MaxMembers     = 1024      // members of a ring, a side or a group
	MaxRequests    = 64        // retransmission requests on a token
	MaxCongested   = 64        // congested groups on a token
	MaxAddrs       = 8         // addresses of one member
	MaxName        = 255       // bytes of a member's name
	MaxGroupName   = 128       // bytes of a group's name
	MaxHandlerName = 255       // bytes of a message type's name
	MaxShape       = 64 << 10  // bytes of a message type's shape
	MaxHandlers    = 4096      // message types of a group
	MaxSeeds       = 256       // resolved seeds of a joiner
	MaxGroups      = 1 << 16   // groups in a directory
	MaxLinks       = 8         // links of a member's chains
	MaxAttempts    = 4096      // attempts in a group's record
	MaxWaiting     = 4096      // waiting joins in a group's record
	MaxBundle      = 1024      // events of a bundle
	MaxReport      = 512       // bytes of a report's text
	MaxChunk       = 65535     // bytes of a chunk's or a direct fragment's payload
	MaxExtensions  = 256 << 10 // bytes of all extensions of one packet or payload together
)

// NoMember stands where an index in ring order is wanted and nobody is meant.
const NoMember = 0xffff
