package sim

// Seeds that once failed, each kept for ever under the name of what was wrong.

import "testing"

// A seed is replayed as it was drawn when it failed. For some this is no longer known: whether before or after holes were added.
func TestKeptSeeds(t *testing.T) {
	first, second, third, fourth, either := []int{1}, []int{withoutHoles}, []int{withHoles}, []int{withTraps}, []int{withoutHoles, withHoles}
	fifth, sixth, seventh, eighth := []int{withMidway}, []int{withWords}, []int{withResizes}, []int{withPartings}
	ninth := []int{withStays}
	for _, k := range []struct {
		generations []int
		seed        uint64
		name        string
	}{
		{first, 57, "a Loaded that was ordered while the group was blocked was not asked for again"},
		{first, 110, "the sole primary member left, and an older memory counted it as a voter"},
		{first, 131, "what was held back behind the first attempt was dropped when memories met"},
		{first, 145, "the only member with the state left while others loaded it; a founding's age did not order it"},
		{first, 147, "agreement in gather counted Joins from before a failed ring"},
		{first, 228, "messages behind one that a view change cut in two were numbered again from their ends"},
		{first, 266, "who left with half a message sent came back unheard"},
		{first, 286, "a member that waited for the commit token put its own time-out off for ever"},
		{first, 297, "a message that began again lost its mark when its sender was blocked"},
		{first, 1277, "a new ring gave positions that a member cut off had given alone"},
		{first, 1278, "an own message behind a gap took the outcome of one held back before it"},
		{first, 1313, "a new ring gave positions that a member cut off had given alone"},
		{first, 5191, "a member that was loading again counted as one that remembers"},
		{first, 5720, "a view met only in transition had the number of the one that followed"},
		{first, 5777, "a leave that was ordered before a founding was told after it"},
		{first, 102217, "a memory that a newer primary had superseded counted as one, when the newer one's only holder had died"},
		{first, 103014, "the only one with the state of a blocked group left while another was loading it"},
		{first, 103184, "a primary whose members had all died had given a number that was given again"},
		{second, 10062, "an answer that came late was taken by the next run of the process it was for"},
		{second, 10086, "an answer that came late was taken by the next run of the process it was for"},
		{second, 10032, "a group was congested for ever by what a membership said after its end"},
		{either, 205040, "a primary that missed a join left; an older memory went on and delivered behind that join what both had"},
		{either, 203829, "the last leave was told after the founding that came behind it in the order, and the leaver's state counted"},
		{either, 204781, "deliveries and a leave were told after the founding that came behind them in the order"},
		{either, 209, "who had left knew of the group from hearsay, and its void vote was cast again"},
		{either, 365, "a state that died with its holder was given up while somebody who was cut off held an older one"},
		{either, 417, "a void vote counted as one that is accounted for"},
		{either, 679, "a side of a partitionable group named one that had gone another way as having come along"},
		{either, 3035, "all names were there, having forgotten, and a member without a vote held the newest state"},
		{either, 40246, "the same, with a voter that had died"},
		{either, 111131, "only who found the proof carried it, so that others who joined the gather were turned away"},
		{either, 200044, "those who were still loading founded the group again while somebody was missing"},
		{either, 200273, "a large message of a group it is not in was unknown to the member that spoke for the side"},
		{either, 300012, "a view met in a transitional configuration named those on the other side of it"},
		{either, 203756, "calls that fit an order were not decided in half a minute: twenty at once were refused one lock"},
		{either, 502280, "a view that a paused member was told late counted as a late one"},
		{third, 801309, "who left while it was blocked was told of it after the founding that came behind it in the order, and its state counted"},
		{third, 603971, "who was given up seven times waited longer than a run goes on after its healing"},
		{third, 507810, "calls were judged across a primary that had died with what it had answered"},
		{third, 701134, "who is kept out was asked for between two rings, and there was no ring to look at"},
		{third, 702205, "a message that began again after a view change was lost for certain, and one who was cut off before delivered it as it first was"},
		{third, 801851, "the same"},
		{fourth, 233, "an attempted sync took the place of another and was not counted: one number was given twice"},
		{fourth, 349, "one who was cut off when it had just installed a view held the newest state left, when those who had gone on past it were gone"},
		{fourth, 2500195, "the same, and those had gone on through several views"},
		{fourth, 3500814, "the same in a group with a size, where those who installed it were half of the members and a third of the votes"},
		{fourth, 3501825, "the group was founded anew at the very leave of the last who had its state"},
		{fourth, 4500045, "before the sync a group was remembered as going on whose members had all died, and was founded anew in an attempt"},
		{fourth, 4502518, "an event that others had acted on in a transitional configuration was not counted: one number was given twice"},
		{fourth, 4002186, "who held back did not cut a message where those who acted did, and made good what they had left out"},
		{fourth, 4506742, "calls of one who had left by then were answered, and told, after the founding that came behind the leave"},
		{fourth, 5500124, "one who was cut off while loading brought back a founding whose state was lost, and the members of the next were put out"},
		{fourth, 2500029, "who had what was safe at a quorum left, and counted among those who could tell that there was nothing"},
		{seventh, 60002541, "all left on a ring before and were told late, when somebody had founded the group anew on the next one"},
		{fifth, 20000126, "all who vote went on without one who had no vote, but the only state of the primary that they had voted for"},
		{fifth, 20507829, "what came in of the old ring after everything had been exchanged was not exchanged any more"},
		{fifth, 22000384, "who left as the last heard of the group from an old memory, and voted by that for one that did not know what it had known"},
		{fifth, 22008774, "what was held back outranked what others had acted on behind a gap, with a quorum"},
		{fifth, 22516576, "the same, with two views of one number"},
		{fifth, 70000241, "a view of one event had two ids, and who loaded behind it was told the other one"},
		{fifth, 23013018, "a primary that had taken in the others anew was lost with its only holder, and founded anew"},
		{fifth, 9006256, "the run ended while a ring whose numbers had come to their end made way for another"},
		{fifth, 11013498, "who had given up a join that was met without a quorum was let in by it when it was made good"},
		{fifth, 14500407, "the last of the newest primary had left on a ring before, and was told after others had gone on past it"},
		{fifth, 11515058, "others acted on a leave behind a gap, and one who held back went on with who is no quorum of those that then voted"},
		{fifth, 11514450, "who had got in elsewhere and left was taken in again, as a side that had not heard of it knew it to be waiting"},
		{fifth, 11514596, "who left with what was safe at a quorum voted all the same: its memory was dropped for telling nothing new of who votes"},
		{sixth, 40000221, "of two that went on on an operator's word one died before a third had a vote, and the other waited for ever"},
		{sixth, 40000346, "the same"},
		{seventh, 80002538, "who met a sync in a transitional configuration went on past the view that others of its side had been shown"},
		{seventh, 82007886, "places that a change of the size and an override had left open were waited for when all who had the state had died"},
		{seventh, 82510802, "the end of another group raised the numbers of views, but not for those who met it in a transitional configuration"},
		{seventh, 81007911, "a process that had died was asked who is on its ring"},
		{seventh, 81000329, "disks that got stuck broke one ring after the other, and the run ended too early to see them whole"},
		{seventh, 80509818, "the same, in many groups"},
		{seventh, 80506598, "who had loaded and was not told yet that it was in met an override's founding and was let in there"},
		{seventh, 80502420, "who gave up a founding whose size was changed waited with that size, and nobody else was let in to found the next"},
		{eighth, 87001799, "what was answered in one override's founding was looked for in another's, beside it"},
		{eighth, 87006238, "all had left but for one that did not know, being cut off, when somebody founded the group anew behind that on the same ring"},
		{ninth, 90009318, "the last one had left, with nobody to say so, and was told late, when somebody had founded the group anew on the same ring"},
		{ninth, 90018383, "one that an override had given up, and that had given up its own state since, was taken in by the override's founding"},
	} {
		for _, generation := range k.generations {
			r := run(Options{Seed: k.seed, Generation: generation})
			for _, v := range r.Violations {
				t.Errorf("seed %d of generation %d (%s): %v", k.seed, generation, k.name, v)
			}
		}
	}
}
