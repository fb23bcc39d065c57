#include "still_epoll.h"

#if defined(__linux__)
#include <sys/epoll.h>

int still_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int still_epoll_change(int epoll, int operation, int descriptor, uint32_t mask) {
    struct epoll_event event = {.events = mask, .data = {.fd = descriptor}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

int still_epoll_wait(int epoll, struct still_event *events, int count, int milliseconds) {
    // The system's records are packed differently: some at a time, the rest stays ready.
    struct epoll_event found[64];
    int result = epoll_wait(epoll, found, count < 64 ? count : 64, milliseconds);
    for (int index = 0; index < result; index++) {
        events[index].descriptor = found[index].data.fd;
        events[index].mask = found[index].events;
    }
    return result;
}
#endif
