package main

// deploy/ against the program: its flags, ports, paths and names are those that are there.

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/locksteptest"
)

// A manifest is a part of a file; at goes down into it by keys and indices and fails the test where there is nothing.
type manifest struct {
	t *testing.T
	v any
}

func (m manifest) at(path ...any) manifest {
	m.t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			next, ok := m.v.(map[string]any)[p]
			if !ok {
				m.t.Fatalf("there is no %v of %v in %v", p, path, m.v)
			}
			m.v = next
		case int:
			m.v = m.v.([]any)[p]
		}
	}
	return m
}

func (m manifest) text(path ...any) string { m.t.Helper(); return m.at(path...).v.(string) }

func (m manifest) texts(path ...any) (list []string) {
	m.t.Helper()
	for _, v := range m.at(path...).v.([]any) {
		list = append(list, v.(string))
	}
	return list
}

func readManifests(t *testing.T, name string) (list []manifest) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	docs, err := parseYAML(string(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, d := range docs {
		list = append(list, manifest{t, d})
	}
	return list
}

// commandLine parses arguments as the program does.
func commandLine(t *testing.T, args []string) (o options) {
	t.Helper()
	f := flags(&o)
	if err := f.Parse(args); err != nil || f.NArg() > 0 {
		t.Fatalf("%q: %v, left: %q", args, err, f.Args())
	}
	return o
}

func TestCompose(t *testing.T) {
	services := readManifests(t, "compose.yaml")[0].at("services")
	var names, seeds []string
	for name := range services.v.(map[string]any) {
		names, seeds = append(names, name), append(seeds, name+":7946")
	}
	published := map[string]bool{}
	for _, name := range names {
		s := services.at(name)
		o := commandLine(t, s.texts("command"))
		if got := strings.Split(o.seeds, ","); o.name != name || o.size != len(names) || o.listen != ":7946" || !slices.Equal(got, sorted(seeds)) {
			t.Errorf("%s is started with %+v", name, o)
		}
		if key := s.text("environment", o.keyEnv); !strings.HasPrefix(key, "${"+o.keyEnv+":?") {
			t.Errorf("%s: the key is %q", name, key)
		}
		port := s.text("ports", 0)
		if !strings.HasPrefix(port, "127.0.0.1:") || !strings.HasSuffix(port, o.http) || published[port] {
			t.Errorf("%s: clients are at %s, the port is %s", name, o.http, port)
		}
		published[port] = true
		context := filepath.Join("deploy", s.text("build", "context"))
		for _, file := range []string{"go.mod", s.text("build", "dockerfile")} {
			if _, err := os.Stat(filepath.Join(context, file)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func sorted(list []string) []string { slices.Sort(list); return list }

func TestKubernetes(t *testing.T) {
	byKind := map[string]manifest{}
	for _, m := range readManifests(t, "kubernetes.yaml") {
		byKind[m.text("kind")+" "+m.text("metadata", "name")] = m
	}
	set, headless, clients := byKind["StatefulSet kv"], byKind["Service kv-members"], byKind["Service kv"]
	spec := set.at("spec", "template", "spec")
	c := spec.at("containers", 0)
	o := commandLine(t, c.texts("args"))

	// Names and addresses: the pods of the set, found through the headless service, before they are ready.
	replicas, err := strconv.Atoi(set.text("spec", "replicas"))
	var seeds []string
	for i := range replicas {
		seeds = append(seeds, fmt.Sprintf("kv-%d.%s:7946", i, set.text("spec", "serviceName")))
	}
	if err != nil || o.size != replicas || o.seeds != strings.Join(seeds, ",") || set.text("spec", "serviceName") != "kv-members" {
		t.Errorf("%d replicas with %+v", replicas, o)
	}
	if headless.text("spec", "clusterIP") != "None" || headless.text("spec", "publishNotReadyAddresses") != "true" || set.text("spec", "podManagementPolicy") != "Parallel" {
		t.Error("members wait for each other for ever")
	}
	app := set.text("spec", "template", "metadata", "labels", "app")
	for _, m := range []manifest{headless.at("spec", "selector"), clients.at("spec", "selector"), set.at("spec", "selector", "matchLabels"), byKind["PodDisruptionBudget kv"].at("spec", "selector", "matchLabels")} {
		if m.text("app") != app {
			t.Errorf("selected: %v, there is: %s", m.v, app)
		}
	}

	// What the arguments take from the environment is there.
	env := map[string]manifest{}
	for i := range c.at("env").v.([]any) {
		env[c.text("env", i, "name")] = c.at("env", i, "valueFrom")
	}
	if o.name != "$(POD_NAME)" || env["POD_NAME"].text("fieldRef", "fieldPath") != "metadata.name" ||
		o.advertise != "$(POD_IP)" || env["POD_IP"].text("fieldRef", "fieldPath") != "status.podIP" ||
		env[o.keyEnv].text("secretKeyRef", "name") != "kv-key" {
		t.Errorf("%+v of %v", o, env)
	}

	// Ports: those of the ring both ways, and those of clients where the program has them.
	ports := map[string]string{}
	for i := range c.at("ports").v.([]any) {
		p := c.at("ports", i)
		ports[p.text("name")] = p.text("containerPort")
	}
	if ports["ring-udp"] != "7946" || ports["ring-tcp"] != "7946" || ":"+ports["http"] != o.http || clients.text("spec", "ports", 0, "targetPort") != "http" {
		t.Errorf("ports %v, clients at %s", ports, o.http)
	}

	// The probes ask what is there.
	locksteptest.Run(t, 1, func(t *testing.T, cluster *locksteptest.Cluster) {
		s := newStore(cluster.Node(0), 1)
		ready, live := c.text("readinessProbe", "httpGet", "path"), c.text("livenessProbe", "httpGet", "path")
		want(t, ask(s, "GET", ready, ""), 503)
		want(t, ask(s, "GET", live, ""), 200)
		if err := s.join(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(t, ask(s, "GET", ready, ""), 200)
		if err := s.group.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(t, ask(s, "GET", ready, ""), 503)
		want(t, ask(s, "GET", live, ""), 500)
	})
}

// TestDockerfile: the image builds this program with the module's Go, as nobody in particular.
func TestDockerfile(t *testing.T) {
	text, err := os.ReadFile("deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, version, _ := strings.Cut(string(module), "\ngo ")
	version = version[:strings.Index(version, "\n")]
	version = version[:strings.LastIndex(version, ".")]
	for _, line := range []string{"FROM golang:" + version + " AS build", "USER 65532:65532", `ENTRYPOINT ["/kv"]`} {
		if !strings.Contains(string(text), line+"\n") {
			t.Errorf("there is no line %q", line)
		}
	}
	if !strings.Contains(string(text), "-o /kv ./examples/kv\n") {
		t.Error("it builds something else")
	}
}
