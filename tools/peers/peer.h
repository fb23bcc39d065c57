// What the peer programs share: clocks, memory figures, the generator of the operation sequences, and the line they print.
#ifndef STILL_PEER_H
#define STILL_PEER_H

#define _GNU_SOURCE
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// Bytes of resident memory that belong to no file, counted page by page: the quick figures of /proc/self/status are approximate.
static inline double anonymous_memory(void)
{
    char line[256];
    double bytes = 0;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, "Anonymous:", 10) == 0) bytes = atof(line + 10) * 1024;
    fclose(file);
    return bytes;
}

static inline uint64_t next_random(uint64_t *state)  // SplitMix64
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static inline void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

#endif
