#define _GNU_SOURCE
#include "still_spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

extern char **environ;

static int is_kept(const struct still_spawn *plan, int descriptor) {
    for (int index = 0; index < plan->kept_count; index++) if (plan->kept[index] == descriptor) return 1;
    return 0;
}

static int close_between(unsigned first, unsigned last) {
    if (first > last) return 1;
#if defined(SYS_close_range)
    if (syscall(SYS_close_range, first, last, 0) == 0) return 1;
#endif
    return 0;
}

static void close_others(const struct still_spawn *plan) {
    int low = 3;
    int done = 1;
    for (int index = 0; index < plan->kept_count && done; index++) {
        int kept = plan->kept[index];
        if (kept < low) continue;
        done = close_between((unsigned)low, (unsigned)kept - 1);
        low = kept + 1;
    }
    if (done && close_between((unsigned)low, ~0U)) return;
    struct rlimit limit;
    int end = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1 << 20 ? (int)limit.rlim_cur : 1 << 20;
    for (int descriptor = 3; descriptor < end; descriptor++) if (!is_kept(plan, descriptor)) close(descriptor);
}

static int inherit(int descriptor) {
    int flags = fcntl(descriptor, F_GETFD);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFD, flags & ~FD_CLOEXEC);
}

// Two pipes may have numbers below 3: each standard stream is set from a copy that the others do not overwrite.
static int place(int descriptor, int target) {
    if (descriptor < 0) return 0;
    if (descriptor == target) return inherit(descriptor);
    return dup2(descriptor, target) < 0 ? -1 : 0;
}

static const char *prepare(const struct still_spawn *plan) {
    int output = plan->output_write, error = plan->error_write;
    for (int index = 0; index < plan->kept_count; index++)
        if (plan->kept[index] != plan->report_write && plan->kept[index] > 2 && inherit(plan->kept[index]) < 0) return "";
    if (plan->input_write >= 0) close(plan->input_write);
    if (plan->output_read >= 0) close(plan->output_read);
    if (plan->error_read >= 0) close(plan->error_read);
    if (plan->report_read >= 0) close(plan->report_read);
    if (output == 0) {
        output = fcntl(output, F_DUPFD_CLOEXEC, 3);
        if (output < 0) return "";
    }
    while (error == 0 || error == 1) {
        error = fcntl(error, F_DUPFD_CLOEXEC, 3);
        if (error < 0) return "";
    }
    if (place(plan->input_read, 0) < 0 || place(output, 1) < 0 || place(error, 2) < 0) return "";
    if (plan->folder && chdir(plan->folder) < 0) return "chdir";
    if (plan->umask >= 0) umask((mode_t)plan->umask);
    if (plan->restore_signals) {
        signal(SIGPIPE, SIG_DFL);
#ifdef SIGXFSZ
        signal(SIGXFSZ, SIG_DFL);
#endif
    }
    if (plan->new_session && setsid() < 0) return "";
    if (plan->process_group >= 0 && setpgid(0, plan->process_group) < 0) return "";
    if (plan->group_count >= 0) {
        if (setgroups((size_t)plan->group_count, (const gid_t *)plan->groups) < 0) return "";
    }
    if (plan->group >= 0 && setregid((gid_t)plan->group, (gid_t)plan->group) < 0) return "";
    if (plan->user >= 0 && setreuid((uid_t)plan->user, (uid_t)plan->user) < 0) return "";
    return 0;
}

static void report(int descriptor, const char *text) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t wrote = write(descriptor, text, length);
        if (wrote <= 0) return;
        text += wrote;
        length -= (size_t)wrote;
    }
}

// "OSError:hexadecimal errno:what failed" is what the module subprocess reads from the pipe.
static void fail(int descriptor, int code, const char *what) {
    char digits[9];
    int at = 8;
    digits[8] = 0;
    do {
        digits[--at] = "0123456789ABCDEF"[code & 15];
        code >>= 4;
    } while (code && at > 0);
    report(descriptor, "OSError:");
    report(descriptor, digits + at);
    report(descriptor, ":");
    report(descriptor, what);
}

void still_spawn_child(const struct still_spawn *plan) {
    const char *failed = prepare(plan);
    if (failed) {
        fail(plan->report_write, errno, *failed ? plan->folder_failed : "noexec");
        _exit(255);
    }
    if (plan->close_others) close_others(plan);
    int code = ENOENT;
    for (const char *const *program = plan->programs; *program; program++) {
        execve(*program, plan->arguments, plan->environment ? plan->environment : environ);
        if (errno != ENOENT && errno != ENOTDIR) code = errno;
        else if (code == ENOENT) code = errno;
    }
    fail(plan->report_write, code, "");
    _exit(255);
}

// execve would reset them; until then no handler of the parent may run here.
static void reset_handlers(void) {
    for (int number = 1; number < 65; number++) {
        struct sigaction action;
        if (sigaction(number, 0, &action) == 0 && action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL) signal(number, SIG_DFL);
    }
}

int still_spawn(const struct still_spawn *plan) {
    sigset_t all, before;
    // No handler of the parent runs in the child before they are reset.
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int child = fork();
    int code = errno;
    if (child == 0) {
        reset_handlers();
        pthread_sigmask(SIG_SETMASK, &before, 0);
        still_spawn_child(plan);
    }
    pthread_sigmask(SIG_SETMASK, &before, 0);
    return child < 0 ? -code : child;
}
