# Short names for what is typed often. `make` alone lists them.

SEEDS ?= 3000
FROM ?= 1
MINUTES ?= 10
FUZZ_TIME ?= 30s
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help test race sim swarm explore mutants soak fuzz bench figures compare plots lint ci
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

test: ## go test ./...
	go test ./...

race: ## the race detector over everything
	go test -race ./...

sim: ## simulated clusters: SEEDS=3000 of them, FROM=1 on
	go test ./internal/sim -count=1 -timeout 0 -run 'TestSeed$$' -v -seeds=$(SEEDS) -from=$(FROM)

swarm: ## the same for MINUTES=10, each seed run twice, with a report a minute; FROM=1 on
	go test -pgo=internal/sim/sweep.pgo ./internal/sim -count=1 -timeout 0 -run 'TestSeed$$' -v -minutes=$(MINUTES) -from=$(FROM)

explore: ## three members and two messages, every path with at most two faults, as far as MINUTES=10 go
	go run ./internal/explore -minutes $(MINUTES)

mutants: ## mistakes put into the protocol, one at a time: does the simulator notice? ONLY=name,name
	go run ./internal/mutants $(if $(ONLY),-only $(ONLY))

fuzz: ## every fuzz target for FUZZ_TIME=30s, one after the other
	@for pkg in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ_TIME) $$pkg || exit 1; \
		done; \
	done

bench: ## three processes on loopback, ordered delivery of 64 bytes, 1 KiB and 8 KiB
	@for size in 64 1024 8192; do \
		go run ./cmd/lockstep bench -local 3 -mode send -order ordered -size $$size -for 4s || exit 1; \
	done

figures: ## what is promised about time, measured on real processes; ONLY=kill,cut,stop,idle,bench,lockservice,join,crowd
	go run ./internal/figures $(if $(ONLY),-only $(ONLY))

compare: ## every promise about speed, beside corosync and the bare machine; needs root. ONLY=send/ordered/64,ping MTU=1500 QUICK=1 PEERS=udpu,knet OUT=file
	go run ./internal/compare $(if $(ONLY),-only $(ONLY)) $(if $(MTU),-mtu $(MTU)) $(if $(QUICK),-quick) $(if $(PEERS),-peers $(PEERS)) $(if $(OUT),-out $(OUT))

plots: ## docs/benchmarks.md and its pictures, from what compare saved and a new sweep of the simulator
	go run ./internal/plots -members

soak: ## ROUNDS=1 of real processes behind a faulty network, judged by the checker; needs root. SEED=n repeats a plan
	go run ./internal/soak -rounds $(or $(ROUNDS),1) $(if $(SEED),-seed $(SEED))

lint: ## gofmt, vet, staticcheck, the import arrows
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	go test ./internal/arrows

ci: ## all that has to pass before a change is taken
	.ci/run
