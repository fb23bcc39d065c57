// liburcu-bp and its lock-free hash table, through the library's functions: nothing of its internals is inlined.
#define RCU_MEMBARRIER
#include <urcu/urcu-bp.h>
#include <urcu/rculfhash.h>

// The library keeps the flavour's address, which Swift cannot take of a C constant. No CDS_LFHT_AUTO_RESIZE: that starts a resizing thread
// which, made anew in a forked child, inherits a wake-up count of -1 from its predecessor and then spins for the life of the child (0.13, 0.14).
static inline struct cds_lfht *still_lfht_new(unsigned long buckets) {
    return cds_lfht_new_flavor(buckets, 1, 0, 0, &urcu_bp_flavor, 0);
}
