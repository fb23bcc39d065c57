// Attach, detach, birth, death and holding against threads that stop the world.
// Code: Sources/StillThreadRegistry (ThreadState.swift, StopTheWorld.swift, ThreadRegistry.swift). Checks and mutants: see ./check.
// The code has since replaced the repeated walk by counting (PendingStops.swift); README.md says what still corresponds.
//
//model  two pausers and a worker
//model  FOREIGN    a pauser without thread state, two workers
//model  PATIENT    nobody gives up waiting for owed threads: they are attached before the next pause, and nothing hangs
//live   NO_SPIN    everybody ends, whatever the scheduler does (a spinning pauser may starve who waits for the list's lock)
//mutant IGNORE_SUSPENSION   a suspended thread attaches
//mutant ONE_WALK            the pauser takes the request for the stop
//mutant BORN_FREE           a thread born in a pause starts detached
//mutant CLEAR_LATE          `requested` is cleared after the walk that resumes
//mutant FOREIGN HELD_IS_STOPPED     the pauser takes a held thread for a stopped one
//mutant ATTACHED_WAIT       a thread waits for the pause lock attached
//mutant NO_COMPARE          the pauser goes to sleep without comparing stopSequence
//mutant WAKE_FIRST          a stopping thread looks for a sleeping pauser before it changes stopSequence
//mutant SLEEP_LATE          pauserSleeps is stored after stopSequence was compared: what missing sequential consistency allows
//mutant DETACH_SILENT       a thread that detaches into suspension tells nobody
//mutant UNLINK_SILENT       a thread that dies tells nobody
//mutant NO_WAKE             resuming wakes no sleepers
//mutant NO_TIMEOUT          the pauser sleeps without the limit of 1 ms
//mutant PATIENT LOSE_OWED   a thread that attaches does not take its mark back

#define DETACHED  0
#define ATTACHED  1
#define SUSPENDED 2
#define HELD      3

#define THREADS 3
#define NOBODY  3      // a requester without thread state

byte attachment[THREADS];
bit stopRequest[THREADS];    // RequestBits.stop in evalBreaker
bit waiting[THREADS], owed[THREADS];
bit parked[THREADS];         // asleep on the attachment word
bit linked[THREADS];
bit listLock, pauseLock, requested;
// stopSequence: did it change since the pauser loaded it?
bit sequenceMoved, pauserSleeps, pauserParked;
short owedThreads;

// What the properties speak about.
bit touches[THREADS];        // may touch objects
bit inBody;
// A thread went from attached to detached since the pauser's last look: nobody wakes the pauser, its time-out does.
bit leftSilently;
byte ended;

#define noOtherTouches(me) \
    ((me == 0 || !touches[0]) && (me == 1 || !touches[1]) && (me == 2 || !touches[2]))

inline lockList() { atomic { !listLock -> listLock = 1 } }
inline unlockList() { listLock = 0 }

inline wakePauser() {
#ifdef WAKE_FIRST
    if
    :: pauserSleeps -> sequenceMoved = 1; pauserParked = 0
    :: else -> sequenceMoved = 1
    fi
#else
    sequenceMoved = 1;
    if
    :: pauserSleeps -> pauserParked = 0
    :: else
    fi
#endif
}

inline takeAttachment(me) {
    do
    :: atomic { attachment[me] == DETACHED -> attachment[me] = ATTACHED }; break
#ifdef IGNORE_SUSPENSION
    :: attachment[me] == SUSPENDED -> attachment[me] = ATTACHED; break
#endif
    :: attachment[me] == SUSPENDED ->
        waiting[me] = 1;
        // futex: compares and sleeps in one step
        atomic { if :: attachment[me] == SUSPENDED -> parked[me] = 1 :: else fi };
        !parked[me]
    od;
    waiting[me] = 0;
#ifndef LOSE_OWED
    atomic { if :: owed[me] -> owed[me] = 0; mine = 1 :: else -> mine = 0 fi };
    if :: mine -> owedThreads--; mine = 0 :: else fi;
#endif
    atomic { touches[me] = 1; assert(!inBody) }
}

inline leaveAttachment(me) {
    touches[me] = 0;
    if
    :: stopRequest[me] ->
        attachment[me] = SUSPENDED;
#ifndef DETACH_SILENT
        wakePauser()
#endif
    :: else -> atomic { attachment[me] = DETACHED; leftSilently = 1 }
    fi
}

inline safepoint(me) {
    if
    :: stopRequest[me] ->
        touches[me] = 0;
        waiting[me] = 1;
        attachment[me] = SUSPENDED;
        wakePauser();
        takeAttachment(me)
    :: else
    fi
}

inline birth(me) {
    lockList();
    // Atomic: nobody looks at a record that is not linked.
    atomic {
#ifndef BORN_FREE
        if :: requested -> attachment[me] = SUSPENDED :: else -> attachment[me] = DETACHED fi;
#endif
        linked[me] = 1
    };
    unlockList()
}

inline death(me) {
    touches[me] = 0;
    lockList();
    linked[me] = 0;
    atomic { if :: owed[me] -> owed[me] = 0; owedThreads-- :: else fi };
#ifndef UNLINK_SILENT
    wakePauser();
#endif
    unlockList();
    atomic { attachment[me] = DETACHED; stopRequest[me] = 0 }
}

// withHeldDetached, by an attached thread
inline hold(other) {
    if
    :: atomic { linked[other] && attachment[other] == DETACHED -> attachment[other] = HELD };
        attachment[other] = DETACHED
    :: else
    fi
}

inline waitForOwedThreads() {
    if
    :: owedThreads <= 0
#ifndef PATIENT
    :: owedThreads > 0 ->
        // 10 ms are over: the marks are taken back one by one
        lockList();
        at = 0;
        do
        :: at < THREADS ->
            atomic { if :: linked[at] && owed[at] -> owed[at] = 0; mine = 1 :: else -> mine = 0 fi };
            if :: mine -> owedThreads--; mine = 0 :: else fi;
            at++
        :: else -> break
        od;
        at = 0;
        unlockList()
#endif
    fi
}

inline walk(me) {
    lockList();
    all = 1;
    at = 0;
    do
    :: at < THREADS && (at == me || !linked[at]) -> at++
    :: at < THREADS && at != me && linked[at] ->
        if
        :: attachment[at] == SUSPENDED
        :: atomic { attachment[at] == DETACHED -> attachment[at] = SUSPENDED }
#ifdef ONE_WALK
        :: attachment[at] == ATTACHED -> stopRequest[at] = 1
#else
        :: attachment[at] == ATTACHED -> stopRequest[at] = 1; all = 0
#endif
#ifdef HELD_IS_STOPPED
        :: attachment[at] == HELD
#else
        :: attachment[at] == HELD -> all = 0
#endif
        fi;
        at++
    :: at == THREADS -> break
    od;
    at = 0;
    unlockList()
}

inline sleepForStop() {
#ifdef SLEEP_LATE
    if :: sequenceMoved -> moved = 1 :: else -> moved = 0 fi;
    pauserSleeps = 1;
    if
    :: !moved ->
        pauserParked = 1;      // the kernel's own comparison does not help: its load may be as early
#else
    pauserSleeps = 1;
    if
    :: !sequenceMoved ->
#ifdef NO_COMPARE
        pauserParked = 1;
#else
        // futex: compares and sleeps in one step
        atomic { if :: !sequenceMoved -> pauserParked = 1 :: else fi };
#endif
#endif
#ifdef NO_TIMEOUT
        !pauserParked
#else
        atomic { (!pauserParked || leftSilently) -> pauserParked = 0 }
#endif
    :: else
    fi;
    moved = 0;
    pauserSleeps = 0
}

inline suspendOthers(me) {
    lockList();
    requested = 1;
    unlockList();
    do
    :: atomic { sequenceMoved = 0; leftSilently = 0 };
        walk(me);
        if
        :: all -> all = 0; break
        :: !all ->
            if
#ifndef NO_SPIN
            :: true
#endif
            :: true -> sleepForStop()
            fi
        fi
    od
}

inline resumeOthers(me) {
    lockList();
#ifndef CLEAR_LATE
    requested = 0;
#endif
    at = 0;
    do
    :: at < THREADS && (at == me || !linked[at]) -> at++
    :: at < THREADS && at != me && linked[at] ->
        stopRequest[at] = 0;
        if
        :: waiting[at] ->
            atomic { if :: !owed[at] -> owed[at] = 1; mine = 1 :: else -> mine = 0 fi };
            if :: mine -> owedThreads++; mine = 0 :: else fi
        :: else
        fi;
#ifndef MUTANT      // so that mutants must break the claim itself
        assert(attachment[at] == SUSPENDED);
#endif
        atomic { if :: attachment[at] == SUSPENDED -> attachment[at] = DETACHED :: else fi };
#ifndef NO_WAKE
        parked[at] = 0;
#endif
        at++
    :: at == THREADS -> break
    od;
    at = 0;
    unlockList();
#ifdef CLEAR_LATE
    requested = 0;
#endif
}

inline stopWorld(me) {
    if
    :: atomic { !pauseLock -> pauseLock = 1 }
    :: pauseLock ->
#ifdef ATTACHED_WAIT
        atomic { !pauseLock -> pauseLock = 1 }
#else
        if :: me != NOBODY -> leaveAttachment(me) :: else fi;
        atomic { !pauseLock -> pauseLock = 1 };
        if :: me != NOBODY -> takeAttachment(me) :: else fi
#endif
    fi;
    waitForOwedThreads();
    // No mark is without its count; a thread between taking its mark back and counting down may leave the count higher.
    assert(owedThreads >= owed[0] + owed[1] + owed[2]);
#ifdef PATIENT
    // Who waited when the last pause ended has been attached.
    assert(!owed[0] && !owed[1] && !owed[2]);
#endif
    suspendOthers(me);
    atomic { assert(!inBody); inBody = 1; assert(noOtherTouches(me)) };
    atomic { assert(noOtherTouches(me)); inBody = 0 };
    resumeOthers(me);
    assert(owedThreads >= 0);
    pauseLock = 0
}

proctype Pauser(byte me; byte pauses) {
    bit all, moved, mine;
    byte at;
    if :: me != NOBODY -> birth(me); takeAttachment(me) :: else fi;
    do
    :: pauses > 0 ->
        pauses--;
        stopWorld(me)
    :: pauses == 0 -> break
    od;
    if :: me != NOBODY -> death(me) :: else fi;
    ended++
}

proctype Worker(byte me; byte lives; byte steps; byte other) {
    bit mine;
    byte left;
    do
    :: lives > 0 ->
        lives--;
        birth(me);
        takeAttachment(me);
        left = steps;
        do
        :: left > 0 ->
            left--;
            if
            :: true -> safepoint(me)
            :: true -> leaveAttachment(me); takeAttachment(me)
            :: true -> hold(other)
            fi
        :: left == 0 -> break
        od;
        death(me)
    :: lives == 0 -> break
    od;
    ended++
}

init {
    atomic {
#ifdef FOREIGN
        run Pauser(NOBODY, 2);
        run Worker(0, 2, 1, 1);
        run Worker(1, 1, 2, 0)
#else
        run Pauser(0, 1);
        run Pauser(1, 2);
        run Worker(2, 2, 1, 0)
#endif
    }
}

// Under //live only.
ltl everybodyEnds { <> (ended == 3) }
