package lockstep

// What the log says at debug level of each upcall but messages: its place in the order, which the interface does not show.

import (
	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep/internal/core"
)

// upcallEntry is the message of these log entries, by which a reader finds them.
const upcallEntry = "upcall"

// trace logs an upcall just before the application gets it, on the group's goroutine. Whoever judges a history of real processes
// needs what is here: a view's position, which view it resumes, and of which cut a state is.
func (t *tenure) trace(u *core.Upcall) {
	kind := ""
	switch u.Kind {
	case core.UpView:
		kind = "view"
	case core.UpSave:
		kind = "save"
	case core.UpLoad:
		kind = "load"
	case core.UpFounded:
		kind = "founded"
	default:
		return
	}
	e := t.n.log.Check(zap.DebugLevel, upcallEntry)
	if e == nil {
		return
	}
	fields := []zap.Field{zap.String("kind", kind), zap.String("group", t.g.name)}
	switch u.Kind {
	case core.UpView:
		fields = append(fields, zap.Stringer("view", viewIDOf(u.View.ID)), zap.Uint64("position", uint64(u.Position)))
		if id := viewIDOf(u.View.Resumes); !id.IsZero() {
			fields = append(fields, zap.Stringer("resumes", id))
		}
	case core.UpSave:
		fields = append(fields, zap.Uint64("cut", uint64(u.Cut)))
	case core.UpLoad:
		fields = append(fields, zap.Uint64("cut", uint64(u.Cut)), zap.Stringer("donor", memberOf(u.Donor)))
	}
	e.Write(fields...)
}
