// What Swift cannot say: a thread-local slot, the futex call, the processor's pause and prefetch hints.
#ifndef STILL_SHIMS_H
#define STILL_SHIMS_H

#include <stddef.h>
#include <stdint.h>

void *still_thread_local_get(void);
void still_thread_local_set(void *value);

// What the calling thread has stopped: 0 nothing, 1 every interpreter, otherwise the address of an interpreter's record.
uintptr_t still_pause_scope_get(void);
void still_pause_scope_set(uintptr_t scope);

// The locks that the calling thread holds, outermost first, and whether it runs the body of a pause. Checking builds only.
#define STILL_HELD_LOCKS 24
struct still_held_locks {
    uint32_t count;
    uint32_t pauses;
    // A lock that no other thread can know of yet.
    uintptr_t fresh;
    uintptr_t address[STILL_HELD_LOCKS];
    uint8_t rank[STILL_HELD_LOCKS];
};
struct still_held_locks *still_held_locks(void);

// Processors that the process may use.
int still_processor_count(void);

// Zeroed memory of the program image, for records that exist without the heap. Aligned to 64.
#define STILL_STATIC_RECORD_BYTES 65536
void *still_static_records(void);

// Waits while *word == expected. Returns 0 when woken (or the value differs), 1 on time-out. timeout_ns < 0: for ever.
int still_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_ns);
// Wakes up to `count` waiters.
void still_futex_wake(uint32_t *word, int32_t count);
// Wakes one waiter and lets the others wait on another word; wakes all where that cannot be had.
void still_futex_wake_one(uint32_t *word, uint32_t *others);

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
// Sets the length of the calling thread's time slices in nanoseconds. Returns what it was; 0: the system has no such setting, nothing has changed.
uint64_t still_thread_slice(uint64_t nanoseconds);
// fork(), after which the child knows its new thread number.
int still_fork(void);
// Lowest and highest address of the calling thread's stack; 0 on failure.
int still_thread_stack(uintptr_t *low, uintptr_t *high);

#endif
