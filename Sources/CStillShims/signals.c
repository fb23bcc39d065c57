#define _GNU_SOURCE
#include "still_signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#ifndef NSIG
#define NSIG 65
#endif

// Lock-free atomics are allowed in handlers. Orderings: a note is released before the notification, which the main thread acquires.
static _Atomic unsigned char notes[NSIG];
static _Atomic int wakeup = -1;
static _Atomic(void (*)(void)) notification;
static pthread_t main_thread;
static _Atomic int has_main;

void still_signals_main_thread(void) {
    main_thread = pthread_self();
    atomic_store_explicit(&has_main, 1, memory_order_release);
}

void still_signals_notify(void (*notify)(void)) { atomic_store_explicit(&notification, notify, memory_order_release); }

void still_signals_note(int number) {
    if (number <= 0 || number >= NSIG) return;
    atomic_store_explicit(&notes[number], 1, memory_order_release);
    int descriptor = atomic_load_explicit(&wakeup, memory_order_acquire);
    if (descriptor >= 0) {
        unsigned char byte = (unsigned char)number;
        // A full pipe wakes its reader anyway.
        ssize_t ignored = write(descriptor, &byte, 1);
        (void)ignored;
    }
    void (*notify)(void) = atomic_load_explicit(&notification, memory_order_acquire);
    if (notify) notify();
}

static void handle(int number) {
    int saved = errno;
    if (atomic_load_explicit(&has_main, memory_order_acquire) && !pthread_equal(pthread_self(), main_thread)) {
        pthread_kill(main_thread, number);
    } else {
        still_signals_note(number);
    }
    errno = saved;
}

int still_signals_set(int number, int kind, int restart) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = kind == 0 ? SIG_DFL : kind == 1 ? SIG_IGN : handle;
    action.sa_flags = restart ? SA_RESTART : 0;
    sigemptyset(&action.sa_mask);
    return sigaction(number, &action, 0) == 0 ? 0 : errno;
}

int still_signals_kind(int number) {
    struct sigaction action;
    if (number <= 0 || number >= NSIG || sigaction(number, 0, &action) != 0) return -1;
    if (action.sa_flags & SA_SIGINFO) return 3;
    return action.sa_handler == SIG_DFL ? 0 : action.sa_handler == SIG_IGN ? 1 : action.sa_handler == handle ? 2 : 3;
}

int still_signals_take(int number) {
    if (number <= 0 || number >= NSIG) return 0;
    return atomic_exchange_explicit(&notes[number], 0, memory_order_acq_rel);
}

int still_signals_wakeup(int descriptor) { return atomic_exchange_explicit(&wakeup, descriptor, memory_order_acq_rel); }
