#include "still_noise.h"

static __thread struct still_noise noise;

struct still_noise *still_noise(void) { return &noise; }
