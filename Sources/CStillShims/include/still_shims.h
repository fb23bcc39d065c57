// What Swift cannot say: a thread-local slot, the futex call, the processor's pause and prefetch hints.
#ifndef STILL_SHIMS_H
#define STILL_SHIMS_H

#include <stddef.h>
#include <stdint.h>

void *still_thread_local_get(void);
void still_thread_local_set(void *value);

// Waits while *word == expected. Returns 0 when woken (or the value differs), 1 on time-out. timeout_ns < 0: for ever.
int still_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_ns);
// Wakes up to `count` waiters.
void still_futex_wake(uint32_t *word, int32_t count);

void still_cpu_pause(void);

// Asks for the cache line; never faults.
static inline void still_prefetch(const void *address) { __builtin_prefetch(address); }

// AddressSanitizer's manual poisoning; nothing without it.
void still_poison(const void *memory, size_t bytes);
void still_unpoison(const void *memory, size_t bytes);

// printf-style formatting of one double: kind is 'e', 'f' or 'g'. Returns the length that it needs.
int still_format_double(char *buffer, int capacity, char kind, int precision, double value);

// Names the calling thread (15 characters on Linux).
void still_thread_set_name(const char *name);
// The system's number of the calling thread, asked for once by each.
uint64_t still_thread_id(void);
// fork(), after which the child knows its new thread number.
int still_fork(void);
// Lowest and highest address of the calling thread's stack; 0 on failure.
int still_thread_stack(uintptr_t *low, uintptr_t *high);

#endif
