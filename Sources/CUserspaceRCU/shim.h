// liburcu-bp and its lock-free hash table, through the library's functions: nothing of its internals is inlined.
#define RCU_MEMBARRIER
#include <urcu/urcu-bp.h>
#include <urcu/rculfhash.h>

// The library keeps the flavour's address, which Swift cannot take of a C constant.
static inline struct cds_lfht *still_lfht_new(unsigned long buckets) {
    // Resizing wants accounting: without it the table grows far beyond what its entries need.
    return cds_lfht_new_flavor(
        buckets, 1, 0, CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING, &urcu_bp_flavor, 0);
}
