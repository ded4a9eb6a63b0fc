package main

// lockstep bench -local: all the processes of a bench on this host, started and ended here.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/internal/loopback"
)

// errorTextMost is how much of a process's standard error is kept, in bytes.
const errorTextMost = 4096

// runLocal starts the processes, waits for them, and reports: a line for each, and the first sender's last.
func (o *benchOptions) runLocal(ctx context.Context, std stdio) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lockstep-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	keyFile := ""
	if !o.insecure {
		keyFile = filepath.Join(dir, "key")
		if err := writeFreshKey(keyFile); err != nil {
			return err
		}
	}
	addrs, err := loopback.FreeAddresses(o.local)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]memberResult, o.local)
	var wg sync.WaitGroup
	for i := range results {
		results[i].Name = fmt.Sprintf("m%d", i)
		cmd := exec.CommandContext(ctx, self, o.localArgs(results[i].Name, i, addrs, keyFile)...)
		wg.Go(func() {
			r, err := runMember(cmd)
			if err != nil {
				// One process fewer and the others wait in vain: end them, and keep the first reason.
				cancel(fmt.Errorf("%s: %w", results[i].Name, err))
			}
			results[i].benchResult = r
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return o.reportLocal(std.out, results)
}

// localArgs is the command line of process i.
func (o *benchOptions) localArgs(name string, i int, addrs []string, keyFile string) []string {
	mode := o.mode
	if i >= o.senders {
		mode = "listen"
	}
	args := []string{
		"bench", "-name", name, "-group", o.group, "-listen", addrs[i], "-seeds", strings.Join(addrs, ","),
		"-members", strconv.Itoa(len(addrs)), "-mode", mode, "-order", o.order, "-size", strconv.Itoa(o.size),
		"-for", o.runFor.String(), "-pause", o.pause.String(), "-wait", o.wait.String(), "-timing", o.timing, "-mtu", strconv.Itoa(o.mtu),
		"-cluster", o.cluster, "-typed=" + strconv.FormatBool(o.typed), "-rate", strconv.Itoa(o.rate), "-state", strconv.FormatInt(o.state, 10), "-transfer-rate", strconv.Itoa(o.giveRate), "-json",
	}
	if o.profile != "" {
		args = append(args, "-profile", o.profile+"."+name)
	}
	if o.spillDir != "" {
		args = append(args, "-spill-dir", o.spillDir, "-spill-bytes", strconv.FormatInt(o.spillMost, 10))
	}
	if o.log != "" {
		args = append(args, "-log", o.log+"."+name)
	}
	if keyFile == "" {
		return append(args, "-insecure")
	}
	return append(args, "-key-file", keyFile)
}

// runMember runs one process to its end and reads its result.
func runMember(cmd *exec.Cmd) (r benchResult, err error) {
	var out bytes.Buffer
	told := &headWriter{most: errorTextMost}
	cmd.Stdout, cmd.Stderr = &out, told
	if err := cmd.Run(); err != nil {
		if text := strings.TrimSpace(told.buf.String()); text != "" {
			return r, errors.New(text)
		}
		return r, err
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return r, fmt.Errorf("its result cannot be read: %w", err)
	}
	return r, nil
}

// reportLocal prints a line for each process and last, alone, the first sender's result.
func (o *benchOptions) reportLocal(w io.Writer, results []memberResult) error {
	first := results[0].benchResult
	if o.asJSON {
		first.Members = results
		return json.NewEncoder(w).Encode(first)
	}
	for _, r := range results {
		fmt.Fprintf(w, "%s: %s\n", r.Name, r.text())
	}
	_, err := fmt.Fprintln(w, first.text())
	return err
}

// headWriter keeps the beginning of what is written and takes the rest for nothing.
type headWriter struct {
	buf  bytes.Buffer
	most int
}

func (h *headWriter) Write(p []byte) (int, error) {
	h.buf.Write(p[:min(len(p), max(0, h.most-h.buf.Len()))])
	return len(p), nil
}

// writeFreshKey makes a key that only the processes of this run know.
func writeFreshKey(path string) error {
	key, err := lockstep.GenerateKey()
	if err != nil {
		return err
	}
	return key.WriteFile(path)
}
