package sim

// Seeds that once failed, each kept for ever under the name of what was wrong.

import "testing"

func TestKeptSeeds(t *testing.T) {
	for _, k := range []struct {
		seed uint64
		name string
	}{
		{57, "a Loaded that was ordered while the group was blocked was not asked for again"},
		{110, "the sole primary member left, and an older memory counted it as a voter"},
		{131, "what was held back behind the first attempt was dropped when memories met"},
		{145, "the only member with the state left while others loaded it; a founding's age did not order it"},
		{147, "agreement in gather counted Joins from before a failed ring"},
		{228, "messages behind one that a view change cut in two were numbered again from their ends"},
		{266, "who left with half a message sent came back unheard"},
		{286, "a member that waited for the commit token put its own time-out off for ever"},
		{297, "a message that began again lost its mark when its sender was blocked"},
		{1277, "a new ring gave positions that a member cut off had given alone"},
		{1278, "an own message behind a gap took the outcome of one held back before it"},
		{1313, "a new ring gave positions that a member cut off had given alone"},
		{5191, "a member that was loading again counted as one that remembers"},
		{5720, "a view met only in transition had the number of the one that followed"},
		{5777, "a leave that was ordered before a founding was told after it"},
		{102217, "a memory that a newer primary had superseded counted as one, when the newer one's only holder had died"},
		{103014, "the only one with the state of a blocked group left while another was loading it"},
		{103184, "a primary whose members had all died had given a number that was given again"},
	} {
		r := Run(k.seed, nil)
		for _, v := range r.Violations {
			t.Errorf("seed %d (%s): %v", k.seed, k.name, v)
		}
	}
}
