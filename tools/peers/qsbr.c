// liburcu's QSBR flavour and a polled QSBR on the work of `still bench core`.
//
//   qsbr quiescent|online liburcu|polled TIMES
//   qsbr frees call_rcu|call_rcu_bounded|defer_rcu|polled UPDATES
//
// frees: one thread reads through a shared pointer and reports a quiescent state every 1,000 reads; one thread replaces the block behind
// it and frees the old one after a grace period. Blocks are 32 bytes of malloc's.
#define _LGPL_SOURCE  // inlined read side: the fastest that liburcu offers
#include "peer.h"
#include <pthread.h>
#include <urcu-qsbr.h>
#include <urcu-defer.h>

struct block {
    struct rcu_head head;  // 16 bytes
    uint64_t value;
    uint64_t spare;
};

enum { READS = 1000, BOUND = 4096, BATCH = 127 };
enum mode { CALL_RCU, CALL_RCU_BOUNDED, DEFER_RCU, POLLED };

static _Atomic(struct block *) shared;
static _Atomic bool ready, stop;
static _Atomic uint64_t reader_cpu, reads_done, sum;
static enum mode mode;

// Blocks freed so far; written by the one thread that frees.
static _Alignas(64) _Atomic uint64_t freed;

// The polled QSBR: a write sequence, a slot for each thread, a queue of blocks with their goals.
static _Alignas(64) _Atomic uint64_t write_sequence = 1;
static _Alignas(64) _Atomic uint64_t slots[8 * 2];  // every 8th: a cache line each

static inline void polled_online(int thread)
{
    atomic_store_explicit(&slots[8 * thread], atomic_load_explicit(&write_sequence, memory_order_acquire), memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
}
static inline void polled_offline(int thread) { atomic_store_explicit(&slots[8 * thread], 0, memory_order_release); }
static inline void polled_quiescent(int thread)
{
    atomic_store_explicit(&slots[8 * thread], atomic_load_explicit(&write_sequence, memory_order_acquire), memory_order_release);
}
static bool polled_reached(uint64_t goal)
{
    atomic_thread_fence(memory_order_seq_cst);
    for (int thread = 0; thread < 2; thread++) {
        uint64_t seen = atomic_load_explicit(&slots[8 * thread], memory_order_acquire);
        if (seen != 0 && (int64_t)(seen - goal) < 0) return false;
    }
    return true;
}

static void *read_side(void *unused)
{
    (void)unused;
    bool polled = mode == POLLED;
    uint64_t total = 0, reads = 0;
    if (polled) polled_online(0); else urcu_qsbr_register_thread();
    atomic_store(&ready, true);
    uint64_t before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        for (int read = 0; read < READS; read++) {
            struct block *block = atomic_load_explicit(&shared, memory_order_acquire);
            total += block->value;
        }
        reads += READS;
        if (polled) polled_quiescent(0); else urcu_qsbr_quiescent_state();
    }
    atomic_store(&reader_cpu, clock_ns(CLOCK_THREAD_CPUTIME_ID) - before);
    if (polled) polled_offline(0); else urcu_qsbr_unregister_thread();
    atomic_store(&reads_done, reads);
    atomic_store(&sum, total);
    return NULL;
}

static void free_block(struct rcu_head *head)
{
    free(caa_container_of(head, struct block, head));
    atomic_store_explicit(&freed, atomic_load_explicit(&freed, memory_order_relaxed) + 1, memory_order_relaxed);
}
static void free_deferred(void *block)
{
    free(block);
    atomic_store_explicit(&freed, atomic_load_explicit(&freed, memory_order_relaxed) + 1, memory_order_relaxed);
}

// The queue of the polled QSBR: a ring of blocks, goals for each batch.
static struct entry { struct block *block; uint64_t goal; } queue[1 << 16];
static uint64_t first, last;

static void polled_process(void)
{
    while (first != last) {
        uint64_t goal = queue[first & 0xFFFF].goal;
        if ((int64_t)(atomic_load_explicit(&write_sequence, memory_order_relaxed) - goal) < 0 || !polled_reached(goal)) return;
        while (first != last && queue[first & 0xFFFF].goal == goal) {
            free(queue[first & 0xFFFF].block);
            first++;
            atomic_store_explicit(&freed, first, memory_order_relaxed);
        }
    }
}

static void polled_retire(struct block *block)
{
    static int batch;
    uint64_t goal = atomic_load_explicit(&write_sequence, memory_order_relaxed) + 2;
    queue[last++ & 0xFFFF] = (struct entry){block, goal};
    if (++batch < BATCH) return;
    batch = 0;
    atomic_fetch_add_explicit(&write_sequence, 2, memory_order_acq_rel);
    polled_quiescent(1);
    polled_process();
    while (last - first > BOUND) {
        sched_yield();
        polled_quiescent(1);
        polled_process();
    }
}

static int frees(uint64_t updates)
{
    pthread_t reader;
    struct block *current = malloc(sizeof *current);
    if (!current) fail("no memory");
    current->value = 0;
    atomic_store(&shared, current);
    bool rcu = mode != POLLED;
    if (rcu) urcu_qsbr_register_thread(); else polled_online(1);
    if (mode == DEFER_RCU && urcu_qsbr_defer_register_thread() != 0) fail("urcu_defer_register_thread failed");
    if (mode == CALL_RCU || mode == CALL_RCU_BOUNDED) urcu_qsbr_get_default_call_rcu_data();
    if (pthread_create(&reader, NULL, read_side, NULL) != 0) fail("no thread");
    while (!atomic_load(&ready)) sched_yield();
    uint64_t held = 0;
    uint64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), start = clock_ns(CLOCK_MONOTONIC);
    for (uint64_t update = 1; update <= updates; update++) {
        struct block *block = malloc(sizeof *block);
        if (!block) fail("no memory");
        block->value = update;
        atomic_store_explicit(&shared, block, memory_order_release);
        struct block *old = current;
        current = block;
        switch (mode) {
        case CALL_RCU_BOUNDED:
        case CALL_RCU: urcu_qsbr_call_rcu(&old->head, free_block); break;
        case DEFER_RCU: urcu_qsbr_defer_rcu(free_deferred, old); break;
        case POLLED: polled_retire(old); break;
        }
        if ((update & 15) == 0) {
            if (rcu) urcu_qsbr_quiescent_state();
            uint64_t now = update - atomic_load_explicit(&freed, memory_order_relaxed);
            if (now > held) held = now;
            if (mode == CALL_RCU_BOUNDED && now > BOUND) {
                urcu_qsbr_thread_offline();
                while (update - atomic_load_explicit(&freed, memory_order_relaxed) > BOUND / 2) sched_yield();
                urcu_qsbr_thread_online();
            }
        }
    }
    // What is still waiting counts too.
    switch (mode) {
    case CALL_RCU_BOUNDED:
    case CALL_RCU: urcu_qsbr_barrier(); break;
    case DEFER_RCU:
        urcu_qsbr_defer_barrier();
        urcu_qsbr_defer_unregister_thread();
        break;
    case POLLED:
        atomic_fetch_add_explicit(&write_sequence, 2, memory_order_acq_rel);
        while (polled_quiescent(1), polled_process(), first != last) sched_yield();
    }
    uint64_t wall = clock_ns(CLOCK_MONOTONIC) - start, all_cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    atomic_store(&stop, true);
    if (rcu) urcu_qsbr_thread_offline();
    pthread_join(reader, NULL);
    if (atomic_load(&freed) != updates) fail("not every block was freed");
    uint64_t reader_time = atomic_load(&reader_cpu);
    printf("{\"millionPerSecond\": %.4f, \"nanosecondsCPU\": %.3f, \"heldBlocks\": %llu, \"heldKiB\": %.1f, \"nanosecondsRead\": %.4f}\n",
        updates * 1e3 / wall, all_cpu > reader_time ? (double)(all_cpu - reader_time) / updates : 0, (unsigned long long)held,
        held * sizeof(struct block) / 1024.0, (double)reader_time / atomic_load(&reads_done));
    return 0;
}

int main(int count, char **arguments)
{
    if (count != 4) fail("usage: qsbr quiescent|online|frees KIND TIMES");
    const char *kind = arguments[2];
    uint64_t times = strtoull(arguments[3], NULL, 10);
    if (strcmp(arguments[1], "frees") == 0) {
        mode = strcmp(kind, "call_rcu") == 0 ? CALL_RCU : strcmp(kind, "call_rcu_bounded") == 0 ? CALL_RCU_BOUNDED
            : strcmp(kind, "defer_rcu") == 0 ? DEFER_RCU : POLLED;
        return frees(times);
    }
    bool polled = strcmp(kind, "polled") == 0, online = strcmp(arguments[1], "online") == 0;
    if (polled) polled_online(0); else urcu_qsbr_register_thread();
    uint64_t start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    if (online && polled) {
        for (uint64_t time = 0; time < times; time++) { polled_offline(0); polled_online(0); }
    } else if (online) {
        for (uint64_t time = 0; time < times; time++) { urcu_qsbr_thread_offline(); urcu_qsbr_thread_online(); }
    } else if (polled) {
        for (uint64_t time = 0; time < times; time++) polled_quiescent(0);
    } else {
        for (uint64_t time = 0; time < times; time++) urcu_qsbr_quiescent_state();
    }
    printf("{\"nanoseconds\": %.4f}\n", (double)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / times);
    return 0;
}
