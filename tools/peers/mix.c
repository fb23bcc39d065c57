// Allocator mixes on malloc: of the C library, or of what LD_PRELOAD puts in its place. Sources/BenchWorkloads/Core/OperationTape.swift and
// AllocatorProbe.swift do the same work, operation by operation.
//
//   mix THREADS REMOTE OPERATIONS PASSES SEED
//
// Each thread runs a tape of allocations (16 to 512 bytes) and frees, made beforehand. Lifetimes are nearly last in, first out: bursts of up
// to 32, of the frees a quarter picks among the newest 64. REMOTE percent of the frees are left to the other thread, which finds them in a
// ring. Every block is written when allocated and read when freed. A pass ends with nothing allocated. The first and the last are not timed: there
// memory is looked at when a thread has most blocks.
#include "peer.h"
#include <pthread.h>

enum { SLOTS = 4096, BURST = 32, NEWEST = 64, RING = 16384, DRAIN_EVERY = 64 };
#define FREE_BIT 0x80000000u
#define REMOTE_BIT 0x40000000u

// One thread writes, one reads; released by the writer, acquired by the reader.
struct ring {
    _Alignas(64) _Atomic uint64_t written;
    _Alignas(64) _Atomic uint64_t taken;
    _Alignas(64) void *entries[RING];
};

struct worker {
    pthread_t thread;
    uint32_t *tape;
    uint64_t count;
    uint64_t deepest;  // operations up to the moment of most blocks
    double memory;
    void **slots;
    struct ring *inbox, *outbox;
    uint64_t sum, cpu[64], wall[64];
};

static int threads, remote, passes;
static struct worker workers[2];
static _Atomic int arrived, finished;

static uint64_t make_tape(uint32_t *tape, uint64_t operations, uint64_t seed, uint64_t *deepest)
{
    uint64_t random = seed, count = 0;
    int most = 0;
    uint16_t order[SLOTS];
    uint16_t sizes[SLOTS];
    int depth = 0;
    for (int slot = 0; slot < SLOTS; slot++) order[slot] = slot;
    while (count < operations) {
        uint64_t draw = next_random(&random);
        int burst = 1 + (int)(draw % BURST);
        bool allocates = depth == 0 || (depth < SLOTS && (draw >> 32 & 1));
        for (int step = 0; step < burst; step++) {
            if (allocates) {
                if (depth == SLOTS) break;
                uint32_t size = 16 + (uint32_t)(next_random(&random) % 497);
                uint16_t slot = order[depth++];
                sizes[slot] = size;
                tape[count++] = size << 16 | slot;
            } else {
                if (depth == 0) break;
                uint64_t pick = next_random(&random);
                if ((pick & 3) == 0) {
                    int other = depth - 1 - (int)((pick >> 8) % (uint64_t)(depth < NEWEST ? depth : NEWEST));
                    uint16_t slot = order[other];
                    order[other] = order[depth - 1];
                    order[depth - 1] = slot;
                }
                uint16_t slot = order[--depth];
                uint32_t away = (int)((pick >> 32) % 100) < remote ? REMOTE_BIT : 0;
                tape[count++] = FREE_BIT | away | (uint32_t)sizes[slot] << 16 | slot;
            }
        }
        if (depth > most) {
            most = depth;
            *deepest = count;
        }
    }
    while (depth > 0) {
        uint16_t slot = order[--depth];
        tape[count++] = FREE_BIT | (uint32_t)sizes[slot] << 16 | slot;
    }
    return count;
}

static inline uint64_t drain(struct ring *ring)
{
    uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_relaxed), sum = 0;
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_acquire);
    if (taken == written) return 0;
    for (; taken != written; taken++) {
        uint64_t *block = ring->entries[taken % RING];
        sum += *block;
        free(block);
    }
    atomic_store_explicit(&ring->taken, taken, memory_order_release);
    return sum;
}

static __attribute__((noinline)) uint64_t run_tape(struct worker *worker, uint64_t from, uint64_t to)
{
    uint64_t sum = 0;
    const uint32_t *tape = worker->tape;
    void **slots = worker->slots;
    for (uint64_t at = from; at < to; at++) {
        uint32_t operation = tape[at];
        uint32_t slot = operation & 0xFFFF, size = operation >> 16 & 0x3FFF;
        if (!(operation & FREE_BIT)) {
            uint64_t *block = malloc(size);
            if (!block) fail("no memory for a block");
            *block = operation;
            slots[slot] = block;
        } else if (!(operation & REMOTE_BIT)) {
            uint64_t *block = slots[slot];
            sum += *block;
            free(block);
        } else {
            struct ring *ring = worker->outbox;
            uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);
            while (written - atomic_load_explicit(&ring->taken, memory_order_acquire) == RING) {
                sum += drain(worker->inbox);
                sched_yield();
            }
            ring->entries[written % RING] = slots[slot];
            atomic_store_explicit(&ring->written, written + 1, memory_order_release);
        }
        if (at % DRAIN_EVERY == 0 && worker->inbox) sum += drain(worker->inbox);
    }
    return sum;
}

static void wait_for_all(_Atomic int *counter, int goal)
{
    atomic_fetch_add(counter, 1);
    while (atomic_load(counter) < goal) sched_yield();
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    for (int pass = 0; pass <= passes + 1; pass++) {
        bool timed = pass > 0 && pass <= passes;
        wait_for_all(&arrived, threads * (pass + 1));
        uint64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID), wall = clock_ns(CLOCK_MONOTONIC);
        uint64_t from = timed ? 0 : worker->deepest;
        if (!timed) {
            worker->sum += run_tape(worker, 0, from);
            double memory = anonymous_memory();
            if (memory > worker->memory) worker->memory = memory;
        }
        worker->sum += run_tape(worker, from, worker->count);
        worker->cpu[pass] = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
        worker->wall[pass] = clock_ns(CLOCK_MONOTONIC) - wall;
        atomic_fetch_add(&finished, 1);
        while (atomic_load(&finished) < threads * (pass + 1)) {
            if (worker->inbox) worker->sum += drain(worker->inbox);
            sched_yield();
        }
        if (worker->inbox) worker->sum += drain(worker->inbox);
    }
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int count, char **arguments)
{
    if (count != 6) fail("usage: mix THREADS REMOTE OPERATIONS PASSES SEED");
    threads = atoi(arguments[1]);
    remote = atoi(arguments[2]);
    uint64_t operations = strtoull(arguments[3], NULL, 10);
    passes = atoi(arguments[4]);
    uint64_t seed = strtoull(arguments[5], NULL, 10), total = 0, tapes = 0;
    if (threads < 1 || threads > 2 || passes < 1 || passes > 62 || (threads == 1 && remote > 0)) fail("threads 1 or 2, passes 1 to 62");
    // Everything but the blocks is mapped before memory is looked at.
    struct ring *rings = aligned_alloc(64, 2 * sizeof *rings);
    if (!rings) fail("no memory for the rings");
    memset(rings, 0, 2 * sizeof *rings);
    for (int index = 0; index < threads; index++) {
        struct worker *worker = &workers[index];
        worker->tape = malloc((operations + BURST + SLOTS) * sizeof *worker->tape);
        worker->slots = calloc(SLOTS, sizeof *worker->slots);
        if (!worker->tape || !worker->slots) fail("no memory for the tapes");
        worker->count = make_tape(worker->tape, operations, seed + index, &worker->deepest);
        if (threads == 2) {
            worker->inbox = &rings[index];
            worker->outbox = &rings[1 - index];
        }
        for (uint64_t at = 0; at < worker->count; at++) tapes = (tapes ^ worker->tape[at]) * 0x100000001B3u;
        total += worker->count;
    }
    double before = anonymous_memory();
    for (int index = 0; index < threads; index++)
        if (pthread_create(&workers[index].thread, NULL, work, &workers[index]) != 0) fail("no thread");
    for (int index = 0; index < threads; index++) pthread_join(workers[index].thread, NULL);
    double peak = 0;
    for (int index = 0; index < threads; index++)
        if (workers[index].memory - before > peak) peak = workers[index].memory - before;
    double cpu[64], wall[64];
    uint64_t sum = 0;
    for (int pass = 1; pass <= passes; pass++) {
        double pass_cpu = 0, pass_wall = 0;
        for (int index = 0; index < threads; index++) {
            pass_cpu += workers[index].cpu[pass];
            if (workers[index].wall[pass] > pass_wall) pass_wall = workers[index].wall[pass];
        }
        cpu[pass - 1] = pass_cpu * 2 / total;
        wall[pass - 1] = pass_wall * 2 * threads / total;
    }
    for (int index = 0; index < threads; index++) sum += workers[index].sum;
    qsort(cpu, passes, sizeof *cpu, by_size);
    qsort(wall, passes, sizeof *wall, by_size);
    printf("{\"nanosecondsCPU\": %.4f, \"nanosecondsWall\": %.4f, \"peakKiB\": %.0f, \"tape\": %llu, \"sum\": %llu}\n", cpu[passes / 2],
        wall[passes / 2], peak / 1024, (unsigned long long)(tapes & 0xFFFFFFFFFFFF), (unsigned long long)(sum & 0xFFFFFFFFFFFF));
    return 0;
}
