package catalogue

// The index: README.md names everything that was to be covered, and nothing that is not there.

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// jgroups are the tests of JGroups that concern views, merges and order.
var jgroups = strings.Fields(`MergeTest2 MergeTest3 MergeTest4 MergeTest5 MergeTest6 GMS_MergeTest MergerTest LargeMergeTest
	OverlappingMergeTest OverlappingUnicastMergeTest JoinRspMergeViewTest2 JoinTest LeaveTest FrozenCoordinatorTest FalseSuspicionTest
	ConcurrentStartupTest ConnectStressTest ConcurrentCloseTest CloseTest NAKACK_Delivery_Test DuplicateTest FifoOrderTest OOBTest
	NAKACK_RetransmissionTest LastMessageDroppedTest UNICAST_DropFirstAndLastTest DiscardTest DynamicDiscardTest SequencerOrderTest
	SequencerMergeTest SequencerFailoverTest StateTransferTest LargeStateTransferTest StateTransferTest2 RSVPTest
	ReliableMulticastBlockTest FragTest DeltaViewTest Repro1048 CounterTest ForkChannelTest`)

var (
	scenarioLink = regexp.MustCompile(`\]\(testdata/([\w-]+\.txt)\)`)
	testName     = regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	testFunc     = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

func TestIndexIsComplete(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "\n## ")
	if len(parts) != 4 {
		t.Fatalf("README.md has %d parts, not an introduction and three tables", len(parts))
	}
	rows := func(part string) map[string]string {
		found := map[string]string{}
		for _, line := range strings.Split(part, "\n") {
			if cells := strings.Split(line, "|"); len(cells) > 3 {
				for _, key := range strings.Split(cells[1], ",") {
					found[strings.TrimSpace(key)] = cells[len(cells)-2]
				}
			}
		}
		return found
	}
	want := func(part string, keys []string) {
		table := rows(part)
		for _, k := range keys {
			if !strings.Contains(table[k], "testdata/") && !testName.MatchString(table[k]) {
				t.Errorf("nothing holds %s of %q", k, strings.SplitN(part, "\n", 2)[0])
			}
		}
	}
	numbers := func(from, to int) (list []string) {
		for ; from <= to; from++ {
			list = append(list, fmt.Sprint(from))
		}
		return list
	}
	want(parts[1], append(numbers(1, 57), "80", "81", "82"))
	want(parts[2], numbers(1, 25))
	want(parts[3], jgroups)

	named := map[string]bool{}
	for _, m := range scenarioLink.FindAllStringSubmatch(string(text), -1) {
		named[m[1]] = true
		if _, err := os.Stat(filepath.Join("testdata", m[1])); err != nil {
			t.Errorf("there is no scenario %s", m[1])
		}
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !named[filepath.Base(f)] {
			t.Errorf("README.md does not name %s", f)
		}
	}
	tests := functions(t)
	for _, m := range testName.FindAllStringSubmatch(string(text), -1) {
		if !tests[m[1]] {
			t.Errorf("there is no %s", m[1])
		}
	}
}

// functions are the names of all tests in the module.
func functions(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir("../..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		for _, m := range testFunc.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// A scenario begins with what it is, and the row, fix or test that it answers.
func TestScenariosSayWhatTheyAre(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	answers := regexp.MustCompile(`Rows? \d+|corosync|JGroups`)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(text), "\n\n")
		if !strings.HasPrefix(head, "# ") || !answers.MatchString(head) {
			t.Errorf("%s does not begin with what it is and what it answers", f)
		}
		for i, l := range strings.Split(string(text), "\n") {
			if len(l) > 155 && l[0] == '#' {
				t.Errorf("%s:%d is %d bytes long", f, i+1, len(l))
			}
		}
	}
}
