// epoll, which the C library's module for Swift leaves out. Results and errno are the system's.
#ifndef STILL_EPOLL_H
#define STILL_EPOLL_H

#include <stdint.h>

struct still_event {
    int32_t descriptor;
    uint32_t mask;
};

int still_epoll_create(void);
int still_epoll_change(int epoll, int operation, int descriptor, uint32_t mask);
int still_epoll_wait(int epoll, struct still_event *events, int count, int milliseconds);

#endif
