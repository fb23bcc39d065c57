// Signals that programs handle: the handler only takes notes, the main thread looks at them later.
#ifndef STILL_SIGNALS_H
#define STILL_SIGNALS_H

#include <stdint.h>

// Signals that arrive in another thread are passed on to the calling one from now on, so that they end its system calls.
void still_signals_main_thread(void);
// Called in the handler after a note was taken; may only do what is allowed there. Null: nothing is called.
void still_signals_notify(void (*notify)(void));
// kind: 0 default, 1 ignored, 2 noted. Returns 0 or an errno.
int still_signals_set(int number, int kind, int restart);
// kind as above, 3 for a foreign handler, -1 for an invalid number.
int still_signals_kind(int number);
// Whether the signal has arrived since the last call.
int still_signals_take(int number);
// The signal counts as arrived.
void still_signals_note(int number);
// Each noted signal is written there as one byte; -1 for none. Returns the former one.
int still_signals_wakeup(int descriptor);

#endif
