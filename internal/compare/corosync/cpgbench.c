/*
 * cpgbench: one member of a corosync process group that sends, listens or pings, as "lockstep bench" does for lockstep.
 *
 *   cpgbench MODE SIZE SECONDS PAUSE_US MEMBERS       MODE: send, listen or ping
 *
 * It waits until MEMBERS are in the group, settles for a second, runs, and prints one JSON object. Ordered delivery (CPG_TYPE_AGREED)
 * is the strongest order that corosync has. Build: cc -O2 -o cpgbench cpgbench.c -lcpg -lpthread
 */
#include <corosync/cpg.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 30, PINGS_MOST = 1 << 22 };

static cpg_handle_t cpg;
static uint32_t my_node, my_pid;
static atomic_ulong delivered, own; /* messages, of all and of this process */
static atomic_ulong members;
static atomic_int over; /* the connection is closed */

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void on_message(cpg_handle_t handle, const struct cpg_name *group, uint32_t node, uint32_t pid, void *message, size_t length)
{
	(void)handle, (void)group, (void)message, (void)length;
	atomic_fetch_add(&delivered, 1);
	if (node == my_node && pid == my_pid)
		atomic_fetch_add(&own, 1);
}

static void on_change(cpg_handle_t handle, const struct cpg_name *group, const struct cpg_address *all, size_t count,
	const struct cpg_address *left, size_t left_count, const struct cpg_address *joined, size_t joined_count)
{
	(void)handle, (void)group, (void)all, (void)left, (void)left_count, (void)joined, (void)joined_count;
	atomic_store(&members, count);
}

static void *dispatch(void *unused)
{
	(void)unused;
	cpg_dispatch(cpg, CS_DISPATCH_BLOCKING);
	atomic_store(&over, 1);
	return NULL;
}

static int fail(const char *what, int code)
{
	fprintf(stderr, "cpgbench: %s: %d\n", what, code);
	return 1;
}

/* attach tries until the daemon is there. */
static int attach(struct cpg_name *group)
{
	cpg_callbacks_t callbacks = {.cpg_deliver_fn = on_message, .cpg_confchg_fn = on_change};
	cs_error_t err = CS_ERR_TRY_AGAIN;
	double end = now() + PATIENCE;
	while (now() < end && (err = cpg_initialize(&cpg, &callbacks)) != CS_OK)
		usleep(100000);
	if (err != CS_OK)
		return fail("cpg_initialize", err);
	while ((err = cpg_join(cpg, group)) == CS_ERR_TRY_AGAIN && now() < end)
		usleep(100000);
	if (err != CS_OK)
		return fail("cpg_join", err);
	if ((err = cpg_local_get(cpg, &my_node)) != CS_OK)
		return fail("cpg_local_get", err);
	my_pid = (uint32_t)getpid();
	return 0;
}

/* multicast sends one message as soon as corosync takes it, until end; 0 when it did. */
static int multicast(const struct iovec *message, double end)
{
	cs_error_t err;
	while ((err = cpg_mcast_joined(cpg, CPG_TYPE_AGREED, message, 1)) == CS_ERR_TRY_AGAIN && now() < end)
		sched_yield();
	return err == CS_OK || err == CS_ERR_TRY_AGAIN ? 0 : fail("cpg_mcast_joined", err);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* ping sends one message after the other came back, and prints the middle of what they took, and what one in a hundred exceeded. */
static int ping(const struct iovec *message, double end, useconds_t pause)
{
	double *took = malloc(sizeof(double) * PINGS_MOST);
	size_t count = 0;
	if (took == NULL)
		return fail("malloc", 0);
	while (count < PINGS_MOST && now() < end) {
		unsigned long before = atomic_load(&own);
		double sent = now();
		if (multicast(message, end) != 0)
			return 1;
		while (atomic_load(&own) == before && now() < end)
			sched_yield();
		if (atomic_load(&own) != before)
			took[count++] = now() - sent;
		if (pause > 0)
			usleep(pause);
	}
	if (count == 0)
		return fail("no ping came back", 0);
	qsort(took, count, sizeof(double), by_value);
	printf("{\"mode\":\"ping\",\"n\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", count, took[count / 2] * 1e6, took[count * 99 / 100] * 1e6);
	free(took);
	return 0;
}

int main(int argc, char **argv)
{
	struct cpg_name group = {.length = 5, .value = "bench"};
	pthread_t thread;
	int failed = 0;
	if (argc != 6)
		return fail("usage: cpgbench send|listen|ping SIZE SECONDS PAUSE_US MEMBERS", argc);
	struct iovec message = {.iov_len = strtoul(argv[2], NULL, 10)};
	double seconds = atof(argv[3]), end = now() + PATIENCE;
	unsigned long wanted = strtoul(argv[5], NULL, 10);
	if ((message.iov_base = calloc(1, message.iov_len + 1)) == NULL)
		return fail("calloc", 0);
	if (attach(&group) != 0 || pthread_create(&thread, NULL, dispatch, NULL) != 0)
		return 1;
	while (atomic_load(&members) < wanted) {
		if (now() > end)
			return fail("members after the time for them", (int)atomic_load(&members));
		usleep(1000);
	}
	sleep(1);

	unsigned long before = atomic_load(&delivered);
	double begin = now();
	end = begin + seconds;
	if (strcmp(argv[1], "send") == 0) {
		while (!failed && now() < end)
			failed = multicast(&message, end);
	} else if (strcmp(argv[1], "ping") == 0) {
		failed = ping(&message, end, (useconds_t)strtoul(argv[4], NULL, 10));
	} else {
		while (now() < end && !atomic_load(&over))
			usleep(1000);
	}
	double took = now() - begin;
	unsigned long count = atomic_load(&delivered) - before;
	if (atomic_load(&over))
		return fail("corosync went away", 0);
	if (!failed && strcmp(argv[1], "ping") != 0)
		printf("{\"mode\":\"send\",\"messages\":%lu,\"msg_per_s\":%.1f}\n", count, (double)count / took);
	fflush(stdout);
	sleep(1);
	_exit(failed);
}
