package record

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// sample is a report with a few figures of each kind.
func sample() *Report {
	r := &Report{Machine: "m", MTU: 1500, Rounds: 3}
	key := SendKey("ordered", 64, 1)
	for _, v := range []float64{400e3, 900e3, 600e3} {
		r.Add(Lockstep, key, "msg/s", v)
	}
	r.Add("corosync udpu", key, "msg/s", 50e3)
	r.Add("corosync knet", key, "msg/s", 60e3)
	r.Add(Lockstep, SendKey("ordered", 8192, 3), "msg/s", 10e3)
	r.Add("corosync knet", SendKey("ordered", 1<<20, 1), "msg/s", 30)
	r.Add(Lockstep, SendKey("safe", 64, 3), "msg/s", 200e3)
	r.Add(Lockstep, "ping/p50", "us", 90)
	r.Add("corosync udpu", "ping/p50", "us", 180)
	r.Add("corosync knet", "ping/p50", "us", 270)
	r.Add(Lockstep, "turn/p50", "us", 100)
	r.Add(Lockstep, "turn/5ms/p50", "us", 100)
	r.Add(Bare, "rotation/p50", "us", 40)
	r.Add(Bare, "rotation/5ms/p50", "us", 90)
	r.Add(Lockstep, "idle", "% of a core", 0.1)
	return r
}

func find(t *testing.T, lines []Line, key string) Line {
	t.Helper()
	for _, l := range lines {
		if l.Key == key {
			return l
		}
	}
	t.Fatalf("no line %s", key)
	return Line{}
}

func TestLines(t *testing.T) {
	lines := sample().Lines(Rows())
	for _, c := range []struct {
		key, verdict, peer string
		ours, better       float64
	}{
		{SendKey("ordered", 64, 1), "met", "corosync knet", 600e3, 10},        // the median, the best peer
		{SendKey("ordered", 8192, 3), "MISSED (27 % of it)", "", 81.92, 0},    // in MB/s
		{SendKey("ordered", 1<<20, 1), "NOT MEASURED", "corosync knet", 0, 0}, // the peer alone
		{SendKey("safe", 64, 3), "NOT JUDGED", "", 200e3, 0},                  // held against what is missing
		{"ping/p50", "MISSED (83 % of it)", "corosync udpu", 90, 2},           // less is better
		{"turn/p50", "MISSED (64 % of it)", "", 100, 0},                       // 1.6 x 40
		{"turn/5ms/p50", "met, moonshot", "", 100, 0},                         // 1.2 x 90
		{"rotation/p50", "", "", 40, 0},                                       // the bare program's own
		{"idle", "met, moonshot", "", 0.1, 0},
	} {
		l := find(t, lines, c.key)
		if !strings.HasPrefix(l.Verdict(), c.verdict) || c.verdict == "" && l.Verdict() != "" || l.PeerName != c.peer || l.Ours != c.ours || l.Better != c.better {
			t.Errorf("%s: %q, peer %q, ours %v, better %v; want %+v", c.key, l.Verdict(), l.PeerName, l.Ours, l.Better, c)
		}
	}
	if n := Missed(lines); n != 5 {
		t.Errorf("%d missed, want 5: two below, one of the pings, one rotation, one not measured, one not judged", n)
	}
}

func TestRowsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range append(Rows(), Limits()...) {
		if row.Part == "" || row.Work == "" || row.Unit == "" || row.Scale <= 0 || seen[row.Key] {
			t.Errorf("%+v is not whole, or is there twice", row)
		}
		seen[row.Key] = true
		for _, g := range []Goal{row.Must, row.Moonshot} {
			if g.Who == Lockstep && !seen[g.Key] {
				t.Errorf("%s is held against %s, of which no row comes before", row.Key, g.Key)
			}
		}
		if m, d := row.Must.Bound, row.Moonshot.Bound; d != 0 && m != d && (d < m) != row.Least {
			t.Errorf("%s: the moonshot %v is no dream beside %v", row.Key, d, m)
		}
	}
}

func TestSaveAndLoad(t *testing.T) {
	name := filepath.Join(t.TempDir(), "below", "r.json")
	r := sample()
	if err := Save(name, r); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := Load(name, &back); err != nil || !reflect.DeepEqual(*r, back) {
		t.Errorf("%+v, %v", back, err)
	}
	if err := Load(name+"x", &back); err == nil {
		t.Error("what is not there was read")
	}
	if got := back.Peers(); !reflect.DeepEqual(got, []string{"corosync udpu", "corosync knet"}) {
		t.Errorf("peers %v", got)
	}
}

func TestTables(t *testing.T) {
	lines := sample().Lines(Rows())
	text := Text(lines)
	for _, want := range []string{"-- throughput\n", "-- latency\n", "600,000", "MISSED", "64.0 (1.6 x)", "corosync knet"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, " \n") {
		t.Errorf("spaces at ends of lines:\n%s", text)
	}
	page := Markdown(lines, "latency")
	if strings.Contains(page, "sending") || !strings.Contains(page, "| ping 64 B, own handler, p50 | us | 90.0 | 180 | corosync udpu | 2.0 | 75.0 | 45.0 | MISSED (83 % of it) |\n") {
		t.Error(page)
	}
	if got := Plain(lines, "cost"); !strings.Contains(got, "| three idle members together | 0.10 | % of a core |\n") {
		t.Error(got)
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{1234567: "1,234,567", 1000: "1,000", 123.4: "123", 12.34: "12.3", 0.123: "0.12", 999.6: "1,000", 99.97: "100", 9.996: "10.0"} {
		if got := Number(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
	for n, want := range map[int]string{64: "64 B", 1024: "1 KB", 65536: "64 KB", 1 << 20: "1 MB", 1500: "1500 B"} {
		if got := SizeName(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
