#define _GNU_SOURCE
#include "still_shims.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static __thread void *current;

void *still_thread_local_get(void) { return current; }
void still_thread_local_set(void *value) { current = value; }

static __thread uintptr_t pause_scope;
uintptr_t still_pause_scope_get(void) { return pause_scope; }
void still_pause_scope_set(uintptr_t scope) { pause_scope = scope; }

static __thread struct still_held_locks held_locks;
struct still_held_locks *still_held_locks(void) { return &held_locks; }

static _Alignas(64) unsigned char static_records[STILL_STATIC_RECORD_BYTES];
void *still_static_records(void) { return static_records; }

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

int still_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_ns) {
    struct timespec limit, *pointer = 0;
    if (timeout_ns >= 0) {
        limit.tv_sec = timeout_ns / 1000000000;
        limit.tv_nsec = timeout_ns % 1000000000;
        pointer = &limit;
    }
    long result = syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, pointer, 0, 0);
    return result == -1 && errno == ETIMEDOUT;
}

void still_futex_wake(uint32_t *word, int32_t count) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, 0, 0, 0);
}

void still_futex_wake_one(uint32_t *word, uint32_t *others) {
    // The fourth argument is a number here: how many are moved at most.
    syscall(SYS_futex, word, FUTEX_REQUEUE_PRIVATE, 1, (long)INT32_MAX, others, 0);
}
#elif defined(__APPLE__)
#include <os/os_sync_wait_on_address.h>

int still_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_ns) {
    if (timeout_ns < 0) {
        os_sync_wait_on_address(word, expected, 4, OS_SYNC_WAIT_ON_ADDRESS_NONE);
        return 0;
    }
    int result = os_sync_wait_on_address_with_timeout(
        word, expected, 4, OS_SYNC_WAIT_ON_ADDRESS_NONE, OS_CLOCK_MACH_ABSOLUTE_TIME, (uint64_t)timeout_ns);
    return result == -1 && errno == ETIMEDOUT;
}

void still_futex_wake(uint32_t *word, int32_t count) {
    if (count == 1) os_sync_wake_by_address_any(word, 4, OS_SYNC_WAKE_BY_ADDRESS_NONE);
    else os_sync_wake_by_address_all(word, 4, OS_SYNC_WAKE_BY_ADDRESS_NONE);
}

void still_futex_wake_one(uint32_t *word, uint32_t *others) {
    (void)others;
    os_sync_wake_by_address_all(word, 4, OS_SYNC_WAKE_BY_ADDRESS_NONE);
}
#endif

void still_cpu_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

extern void __asan_poison_memory_region(const volatile void *, size_t) __attribute__((weak));
extern void __asan_unpoison_memory_region(const volatile void *, size_t) __attribute__((weak));

void still_poison(const void *memory, size_t bytes) {
    if (__asan_poison_memory_region) __asan_poison_memory_region(memory, bytes);
}

void still_unpoison(const void *memory, size_t bytes) {
    if (__asan_unpoison_memory_region) __asan_unpoison_memory_region(memory, bytes);
}

int still_format_double(char *buffer, int capacity, char kind, int precision, double value) {
    char format[] = "%.*f";
    format[3] = kind;
    return snprintf(buffer, (size_t)capacity, format, precision, value);
}

#include <pthread.h>
#include <unistd.h>
#include <sys/syscall.h>

#if defined(__linux__)
#include <sched.h>
#endif

int still_processor_count(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}

void still_thread_set_name(const char *name) {
#if defined(__linux__)
    char shortened[16];
    snprintf(shortened, sizeof shortened, "%s", name);
    pthread_setname_np(pthread_self(), shortened);
#else
    pthread_setname_np(name);
#endif
}

uint64_t still_thread_slice(uint64_t nanoseconds) {
#if defined(__linux__) && defined(SYS_sched_setattr)
    // The first version of the system's structure; C libraries do not declare it everywhere.
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes;
    if (syscall(SYS_sched_getattr, 0, &attributes, 48, 0) != 0) return 0;
    // Older systems report no slice. Real-time threads have none.
    if (attributes.policy != 0 || attributes.runtime == 0) return 0;
    uint64_t before = attributes.runtime;
    attributes.size = 48;
    attributes.runtime = nanoseconds;
    return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0 ? before : 0;
#else
    (void)nanoseconds;
    return 0;
#endif
}

static __thread uint64_t thread_number;

uint64_t still_thread_id(void) {
    if (thread_number == 0) {
#if defined(__linux__)
        thread_number = (uint64_t)syscall(SYS_gettid);
#else
        pthread_threadid_np(0, &thread_number);
#endif
    }
    return thread_number;
}

int still_fork(void) {
    int result = fork();
    if (result == 0) thread_number = 0;
    return result;
}

#if defined(__linux__)
#include <sys/auxv.h>
#include <sys/resource.h>

// The first thread's stack, without reading /proc/self/maps as pthread_getattr_np does: it ends behind the name of the program, which the system
// puts there first, and may grow to its limit. 0 where things are otherwise.
static int first_stack(uintptr_t *low, uintptr_t *high) {
    struct rlimit limit;
    const char *name = (const char *)getauxval(AT_EXECFN);
    if (name == 0 || getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t end = ((uintptr_t)name + strlen(name) + 1 + sizeof(void *) + page - 1) & ~(page - 1);
    uintptr_t here = (uintptr_t)&limit;
    if (here >= end || limit.rlim_cur >= end || here <= end - limit.rlim_cur) return 0;
    *low = end - limit.rlim_cur;
    *high = end;
    return 1;
}
#endif

int still_thread_stack(uintptr_t *low, uintptr_t *high) {
#if defined(__linux__)
    // Once is enough, the bounds stay.
    static __thread uintptr_t known_low, known_high;
    if (known_high == 0 && still_thread_id() == (uint64_t)getpid() && first_stack(low, high)) {
        known_low = *low;
        known_high = *high;
    }
    if (known_high != 0) {
        *low = known_low;
        *high = known_high;
        return 1;
    }
    pthread_attr_t attributes;
    void *base;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
    pthread_attr_getstack(&attributes, &base, &size);
    pthread_attr_destroy(&attributes);
    *low = (uintptr_t)base;
    *high = (uintptr_t)base + size;
    known_low = *low;
    known_high = *high;
#else
    *high = (uintptr_t)pthread_get_stackaddr_np(pthread_self());
    *low = *high - pthread_get_stacksize_np(pthread_self());
#endif
    return 1;
}
