#define RCU_MEMBARRIER
#include <urcu/urcu-bp.h>
#include <urcu/rculfhash.h>
