package main

// What an operator decides, tried out from a script: what a group without a quorum would lose if it went on, that it goes on without it,
// and another size. A program that embeds lockstep offers the same to its operator in its own way (docs/partitions.md).

import (
	"context"

	"github.com/lockstep-go/lockstep"
)

// loss prints what an override would give up now. An override takes it back word for word.
func (c *callOps) loss(ctx context.Context, op operation) error {
	l, err := c.g.Loss(ctx)
	if err == nil {
		c.out.print(lossEvent{Ev: "loss", Tag: op.Tag, Founding: l.Founding, Members: append([]string{}, l.Members...)})
	}
	return err
}

// override has the group go on without those whom the operation names as lost.
func (c *callOps) override(ctx context.Context, op operation) error {
	err := c.g.Override(ctx, lockstep.Loss{Founding: op.Founding, Members: op.Members})
	if err == nil {
		c.out.print(overriddenEvent{Ev: "overridden", Tag: op.Tag})
	}
	return err
}

// resize changes how many names vote.
func (c *callOps) resize(ctx context.Context, op operation) error {
	err := c.g.Resize(ctx, op.Size)
	if err == nil {
		c.out.print(resizedEvent{Ev: "resized", Tag: op.Tag, Size: op.Size})
	}
	return err
}
