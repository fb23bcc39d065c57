// Starting a program in a child: what happens between fork and exec, where only few calls are allowed.
#ifndef STILL_SPAWN_H
#define STILL_SPAWN_H

struct still_spawn {
    char *const *arguments;
    char *const *environment;    // null: the parent's
    const char *const *programs; // tried in turn, ends with null
    const char *folder;          // null: the parent's
    const char *folder_failed;   // what to report when it can't be entered
    const int *kept;             // descriptors that stay open, ascending
    int kept_count;
    int close_others;
    int input_read, input_write, output_read, output_write, error_read, error_write;
    int report_read, report_write;
    int restore_signals, new_session, process_group, umask;
    long group, user;            // -1: unchanged
    const unsigned int *groups;
    long group_count;            // -1: unchanged
};

// Returns in the parent: the child's number, or minus an errno.
int still_spawn(const struct still_spawn *plan);
// In a child that was forked already. Never returns.
void still_spawn_child(const struct still_spawn *plan);

#endif
