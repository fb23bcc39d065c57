// A thread's own state for the seeded delays of checking builds.
#ifndef STILL_NOISE_H
#define STILL_NOISE_H

#include <stdint.h>

struct still_noise {
    uint64_t run;    // the run of the noise that `state` belongs to; 0: none yet
    uint64_t state;
};

struct still_noise *still_noise(void);

#endif
