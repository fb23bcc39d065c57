#define _GNU_SOURCE
#include "still_crash.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

// Two buffers: the handler reads the one that is not being written.
static char lines[2][512];
static _Atomic(const char *) line;

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGTERM};
enum { signal_count = sizeof signals / sizeof *signals };
static struct sigaction before[signal_count];
static atomic_flag reported = ATOMIC_FLAG_INIT;

void still_crash_line(const char *text) {
    if (!text) {
        atomic_store(&line, (const char *)0);
        return;
    }
    char *buffer = atomic_load(&line) == lines[0] ? lines[1] : lines[0];
    strncpy(buffer, text, 500);
    buffer[500] = 0;
    atomic_store(&line, (const char *)buffer);
}

static void put(const char *text) {
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t written = write(2, text, left);
        if (written <= 0) return;
        text += written;
        left -= (size_t)written;
    }
}

// Only async-signal-safe functions.
static void report(int number, siginfo_t *information, void *context) {
    (void)context;
    int saved = errno;
    const char *text = atomic_load(&line);
    if (text && !atomic_flag_test_and_set(&reported)) {
        char digits[] = "\nDIED of signal 00\n  reproduce: ";
        char *at = strstr(digits, "00");
        at[0] = (char)('0' + number / 10);
        at[1] = (char)('0' + number % 10);
        put(digits);
        put(text);
        put("\n");
    }
    for (int index = 0; index < signal_count; index++)
        if (signals[index] == number) sigaction(number, &before[index], 0);
    errno = saved;
    // A fault happens again when the handler returns; what was sent must be sent again.
    if (information->si_code <= 0) raise(number);
}

void still_crash_install(void) {
    static atomic_flag installed = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&installed)) return;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = report;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (int index = 0; index < signal_count; index++) sigaction(signals[index], &action, &before[index]);
}
