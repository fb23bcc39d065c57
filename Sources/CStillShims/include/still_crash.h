// A line of text that is written to standard error when the process dies of a signal.
#ifndef STILL_CRASH_H
#define STILL_CRASH_H

// The line, cut at 500 bytes; from any one thread at a time. 0: none.
void still_crash_line(const char *line);
// Handles SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT and SIGTERM: writes the line, then lets the signal do what it did before.
void still_crash_install(void);

#endif
