package sim

// Seeds that once failed, each kept for ever under the name of what was wrong.

import "testing"

func TestKeptSeeds(t *testing.T) {
	for _, k := range []struct {
		generation int
		seed       uint64
		name       string
	}{
		{1, 57, "a Loaded that was ordered while the group was blocked was not asked for again"},
		{1, 110, "the sole primary member left, and an older memory counted it as a voter"},
		{1, 131, "what was held back behind the first attempt was dropped when memories met"},
		{1, 145, "the only member with the state left while others loaded it; a founding's age did not order it"},
		{1, 147, "agreement in gather counted Joins from before a failed ring"},
		{1, 228, "messages behind one that a view change cut in two were numbered again from their ends"},
		{1, 266, "who left with half a message sent came back unheard"},
		{1, 286, "a member that waited for the commit token put its own time-out off for ever"},
		{1, 297, "a message that began again lost its mark when its sender was blocked"},
		{1, 1277, "a new ring gave positions that a member cut off had given alone"},
		{1, 1278, "an own message behind a gap took the outcome of one held back before it"},
		{1, 1313, "a new ring gave positions that a member cut off had given alone"},
		{1, 5191, "a member that was loading again counted as one that remembers"},
		{1, 5720, "a view met only in transition had the number of the one that followed"},
		{1, 5777, "a leave that was ordered before a founding was told after it"},
		{1, 102217, "a memory that a newer primary had superseded counted as one, when the newer one's only holder had died"},
		{1, 103014, "the only one with the state of a blocked group left while another was loading it"},
		{1, 103184, "a primary whose members had all died had given a number that was given again"},
		{2, 10062, "an answer that came late was taken by the next run of the process it was for"},
		{2, 10086, "an answer that came late was taken by the next run of the process it was for"},
		{2, 10032, "a group was congested for ever by what a membership said after its end"},
		{2, 205040, "a primary that missed a join left; an older memory went on and delivered behind that join what both had"},
		{2, 203829, "the last leave was told after the founding that came behind it in the order, and the leaver's state counted"},
		{2, 204781, "deliveries and a leave were told after the founding that came behind them in the order"},
		{2, 209, "who had left knew of the group from hearsay, and its void vote was cast again"},
		{2, 365, "a state that died with its holder was given up while somebody who was cut off held an older one"},
		{2, 417, "a void vote counted as one that is accounted for"},
		{2, 679, "a side of a partitionable group named one that had gone another way as having come along"},
		{2, 3035, "all names were there, having forgotten, and a member without a vote held the newest state"},
		{2, 40246, "the same, with a voter that had died"},
		{2, 111131, "only who found the proof carried it, so that others who joined the gather were turned away"},
		{2, 200044, "those who were still loading founded the group again while somebody was missing"},
		{2, 200273, "a large message of a group it is not in was unknown to the member that spoke for the side"},
		{2, 300012, "a view met in a transitional configuration named those on the other side of it"},
		{2, 203756, "calls that fit an order were not decided in half a minute: twenty at once were refused one lock"},
		{2, 502280, "a view that a paused member was told late counted as a late one"},
		{2, 801309, "who left while it was blocked was told of it after the founding that came behind it in the order, and its state counted"},
		{2, 701134, "who is kept out was asked for between two rings, and there was no ring to look at"},
		{2, 702205, "a message that began again after a view change was lost for certain, and one who was cut off before delivered it as it first was"},
		{2, 801851, "the same"},
		{2, 603971, "who was given up seven times waited longer than a run goes on after its healing"},
		{2, 507810, "calls were judged across a primary that had died with what it had answered"},
	} {
		r := run(Options{Seed: k.seed, Generation: k.generation})
		for _, v := range r.Violations {
			t.Errorf("seed %d (%s): %v", k.seed, k.name, v)
		}
	}
}
