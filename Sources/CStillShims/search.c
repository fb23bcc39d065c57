#define _GNU_SOURCE
#include "still_search.h"

#include <string.h>

const void *still_find_bytes(const void *memory, size_t count, const void *needle, size_t needle_count) {
    return memmem(memory, count, needle, needle_count);
}

const void *still_find_last_byte(const void *memory, int byte, size_t count) {
#ifdef __GLIBC__
    return memrchr(memory, byte, count);
#else
    const unsigned char *bytes = memory;
    while (count > 0)
        if (bytes[--count] == (unsigned char)byte) return bytes + count;
    return NULL;
#endif
}
