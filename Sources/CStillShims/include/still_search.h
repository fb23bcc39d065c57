// Searches of the C library that Swift does not see.
#ifndef STILL_SEARCH_H
#define STILL_SEARCH_H

#include <stddef.h>

/// The first place of the needle, which is not empty, or null; in linear time.
const void *_Nullable still_find_bytes(
    const void *_Nonnull memory, size_t count, const void *_Nonnull needle, size_t needle_count);
/// The last place of a byte, or null.
const void *_Nullable still_find_last_byte(const void *_Nonnull memory, int byte, size_t count);

#endif
