package main

// What the demonstration prints at its end: the figures, the check, and the last line.

import (
	"fmt"
	"text/tabwriter"
	"time"
)

// violationsShown is how many violations are printed one by one.
const violationsShown = 20

// report reads the journals, checks them and prints. It is true if nothing was wrong.
func (p *parent) report() (ok bool, err error) {
	var journals []*evidence
	for _, c := range p.children {
		e, err := c.evidence()
		if err != nil {
			return false, err
		}
		journals = append(journals, e)
	}
	found := prove(journals)
	found.violations = append(p.proof.violations, found.violations...)
	taken, refused := p.resource.counts()
	if taken+refused < found.uses {
		found.violation("resource", "members say that they used it %d times, it says %d", found.uses, taken+refused)
	}
	p.printFigures(found)
	p.say("check: %d locks taken and given back, %d cut short; %d uses of the resource, %d refused as stale",
		found.holds, found.open, found.uses, found.refused)
	for i, v := range found.violations {
		if i == violationsShown {
			p.say("and %d more violations", len(found.violations)-i)
			break
		}
		p.say("violation: %s", v)
	}
	seconds := time.Duration(p.ended - p.began).Seconds()
	crashes := fmt.Sprintf("%d crashes", p.crashes)
	if p.crashes == 1 {
		crashes = "1 crash"
	}
	p.say("lockservice: 3 members, %.0f locks/s, %s survived, %d violations", float64(found.holds)/seconds, crashes, len(found.violations))
	return len(found.violations) == 0, nil
}

// printFigures prints the table. Outstanding requests are a mean over the contention: all waiting, divided by the time it took.
func (p *parent) printFigures(found *proof) {
	var waited time.Duration
	for _, w := range found.contended {
		waited += w
	}
	for _, w := range found.direct {
		waited += w
	}
	t := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "clients\tlocks\toutstanding\tgranted\tp50\tp99\tcontended\tp50\tp99\t")
	fmt.Fprintf(t, "%d\t%d\t%.0f\t%d\t%s\t%s\t%d\t%s\t%s\t\n", 3*p.o.clients, p.o.locks,
		float64(waited)/float64(p.ended-p.began),
		len(found.direct), micros(quantile(found.direct, 0.50)), micros(quantile(found.direct, 0.99)),
		len(found.contended), micros(quantile(found.contended, 0.50)), micros(quantile(found.contended, 0.99)))
	t.Flush()
}

func micros(d time.Duration) string { return fmt.Sprintf("%d us", d.Microseconds()) }
