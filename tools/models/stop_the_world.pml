// Attach, detach, birth, death and holding against threads that stop one interpreter or all.
// Code: Sources/StillThreadRegistry (ThreadState, StopTheWorld, PendingStops, PauseLock, Fairness, GlobalPause, ThreadRegistry). Checks and mutants: see ./check.
//
// Each list of threads has a lock, each interpreter a ticketed pause lock and a count of pending stops; a pause of all counts in a word of its own.
// Claims    While a pause's body runs no other thread of its scope touches objects, and no other pause of its scope is on. Nobody sleeps for ever. Who
//           counts down was asked. PATIENT: who waited when a pause ended is attached before the next one begins.
//
//model                      two pausers and a worker of one interpreter
//model  FOREIGN             a pauser without thread state, a worker and one that holds it
//model  PATIENT             two pausers and a worker; nobody gives up waiting for owed threads
//model  GLOBAL              a pauser of all and one of its own interpreter, and a worker in another one
//model  GLOBAL ABROAD       the pausers are in different interpreters, the worker beside the single one
//model  GLOBAL PATIENT      as GLOBAL
//model  GLOBAL PATIENT STRANGER      a pauser of all, one without thread state, and a worker
//live   PATIENT             everybody ends, whatever the scheduler does (the limits of time, which may pass at any moment, are left out)
//mutant IGNORE_SUSPENSION   a suspended thread attaches
//mutant BORN_FREE           a thread born in a pause starts detached
//mutant GLOBAL ABROAD BORN_FREE_OF_ALL    the same in a pause of all
//mutant CLEAR_LATE          `requested` is cleared after the walk that resumes
//mutant REQUEST_LATE        `requested` is set after the walk that asks
//mutant NO_BIAS             the count begins at zero, and the asked threads are added behind the walk
//mutant COUNT_DETACHED      detached threads are counted as pending
//mutant FOREIGN HELD_IS_STOPPED    a held thread is not counted
//mutant FOREIGN HOLDER_BLIND       the holder lets go without looking whether the thread was asked meanwhile
//mutant FOREIGN HOLDER_SILENT      the holder of a thread that was asked does not count down
//mutant DETACH_BLIND        a thread detaches without looking whether it was asked meanwhile
//mutant DETACH_SILENT       a thread that detaches into suspension does not count down
//mutant UNLINK_SILENT       a thread that was asked dies and does not count down
//mutant COUNT_FIRST         a stopping thread counts down before it is suspended
//mutant FOREIGN STOP_STAYS  a thread is resumed before its stop request is taken back
//mutant ATTACHED_WAIT       a thread waits for the pause lock attached
//mutant NO_COMPARE          the pauser goes to sleep without comparing the count
//mutant LAST_SILENT         the last thread to stop does not wake the pauser
//mutant FORGET_SLEEPER      counting down loses the bit that the pauser sleeps
//mutant WORD_LATE           a sleeper reads the resumed word after it has looked at its state
//mutant WORD_FIRST          the resumed word is changed before the states
//mutant NO_WAKE             resuming wakes no sleepers
//mutant TICKET_LATE         who waits for the pause lock reads its word after the number served
//mutant TICKET_FIRST        giving the pause lock back changes the sleeper's word before the number
//mutant PATIENT LOSE_OWED   a thread that attaches does not pay
//mutant PATIENT OWED_LATE   who pays the last debt does not wake the pauser
//mutant GLOBAL PATIENT STRANGER NOT_AGAIN    the pauser does not look again for owed threads under the lock
//mutant GLOBAL OVERLOOK_GLOBAL     a pause of one interpreter begins although all are claimed
//mutant GLOBAL OVERLOOK_SINGLE     all are claimed although a pause of one is on
//mutant GLOBAL LEAVE_PHASE         the phase is not taken back in all interpreters
//mutant GLOBAL ATTACHED_ANNOUNCE   the requester of a pause of all waits attached
//mutant GLOBAL ATTACHED_GLOBAL     a thread waits attached for the end of a pause of all
//mutant GLOBAL WRONG_WORD          a thread that was asked for all counts down for its interpreter

#define DETACHED      0
#define ATTACHED      1
#define SUSPENDED     2
#define HELD          3
#define STOPPING      4
#define HELD_STOPPING 5
#define SLEEPING      6

#define THREADS 3
#define NOBODY  3      // a requester without thread state

#ifdef GLOBAL
#define WORLDS 2
#ifdef ABROAD
#define world(me) (me != 0)
#else
#define world(me) (me == 2)
#endif
#else
#define WORLDS 1
#define world(me) 0
#endif
#define ALL WORLDS     // the pending word of a pause of all

byte attachment[THREADS];
bit stopRequest[THREADS];    // RequestBits.stop in evalBreaker
bit waiting[THREADS], owed[THREADS];
bit linked[THREADS];
byte resumeWord;

typedef World {
    bit listLock, requested;
    byte globalStop;
    byte owedThreads;
    bit owedSleeps, owedParked;
    byte served, given;      // the pause lock: numbers
    bit ticket[4];           // sleepers' words, one for each number
}
World in[WORLDS];

#define NONE    0
#define WANTED  1
#define CLAIMED 2
byte signals;

// PendingStops: the count, its bit, and whether the requester sleeps in the kernel.
#define BIAS 8
typedef Pending { short count; bit sleeps, parked }
Pending pending[WORLDS + 1];

// What the properties speak about.
bit touches[THREADS];        // may touch objects
bit inBody[WORLDS];
byte ended;

#define noneTouches(me, which) \
    ((me == 0 || world(0) != which || !touches[0]) && (me == 1 || world(1) != which || !touches[1]) && \
     (me == 2 || world(2) != which || !touches[2]))

inline lockList(which) { atomic { !in[which].listLock -> in[which].listLock = 1 } }
inline unlockList(which) { in[which].listLock = 0 }

// MARK: PendingStops

inline beginPending(word) {
#ifdef NO_BIAS
    pending[word].count = 0
#else
    pending[word].count = BIAS
#endif
}
inline expect(word) {
#ifdef NO_BIAS
    pending[word].count = pending[word].count + asked
#else
    pending[word].count = pending[word].count - (BIAS - asked)
#endif
}
// Which word, and the exchange, are one step: the phase changes only when none is pending.
inline countDown(which) {
    atomic {
#ifndef WRONG_WORD
        if :: in[which].globalStop == CLAIMED -> word = ALL :: else -> word = which fi;
#else
        word = which;
#endif
        assert(pending[word].count > 0);
        pending[word].count--;
#ifdef FORGET_SLEEPER
        pending[word].sleeps = 0;
#endif
        if
        :: pending[word].count == 0 && pending[word].sleeps -> pending[word].sleeps = 0; mine = 1
        :: else -> mine = 0
        fi
    };
#ifdef LAST_SILENT
    mine = 0;
#endif
    if :: mine -> mine = 0; pending[word].parked = 0 :: else fi;
    word = 0
}
inline waitForStops(word_) {
    do
    :: pending[word_].count == 0 -> break
    :: atomic { pending[word_].count != 0 -> pending[word_].sleeps = 1; left = pending[word_].count };
        // futex: compares and sleeps in one step
#ifdef NO_COMPARE
        pending[word_].parked = 1;
#else
        atomic { if :: pending[word_].count == left && pending[word_].sleeps -> pending[word_].parked = 1 :: else fi };
#endif
        atomic { !pending[word_].parked -> left = 0 }
    od
}

// MARK: fairness

// With a number of its own: no mark is without its count; the count may be higher for a moment.
inline forgive(me, which) {
    atomic { if :: owed[me] -> owed[me] = 0; mine = 1 :: else -> mine = 0 fi };
    if
    :: mine ->
        atomic {
            assert(in[which].owedThreads > 0);
            in[which].owedThreads--;
            mine = (in[which].owedThreads == 0 && in[which].owedSleeps);
            if :: in[which].owedThreads == 0 -> in[which].owedSleeps = 0 :: else fi
        };
#ifndef OWED_LATE
        if :: mine -> in[which].owedParked = 0 :: else fi;
#endif
        mine = 0
    :: else
    fi
}
inline forgiveAll(which) {
    at = 0;
    do
    :: at < THREADS -> if :: linked[at] && world(at) == which && owed[at] -> forgive(at, which) :: else fi; at++
    :: else -> break
    od;
    at = 0
}
#ifdef PATIENT
#define timeIsOver 0
#else
#define timeIsOver 1
#endif

// Spinning is waiting until it has happened.
inline waitForOwedThreads(me, which) {
    if
    :: in[which].owedThreads == 0
    :: in[which].owedThreads != 0 ->
        if :: me != NOBODY -> leaveAttachment(me) :: else fi;
        do
        :: in[which].owedThreads == 0 -> break
        :: timeIsOver -> break
        :: in[which].globalStop != NONE -> break
        :: atomic { in[which].owedThreads != 0 -> in[which].owedSleeps = 1; left = in[which].owedThreads };
            atomic { if :: in[which].owedThreads == left && in[which].owedSleeps -> in[which].owedParked = 1 :: else fi };
            // The millisecond is for a pause of all interpreters.
            atomic { !in[which].owedParked || timeIsOver || in[which].globalStop != NONE -> in[which].owedParked = 0; left = 0 }
        od;
        if :: me != NOBODY -> takeAttachment(me) :: else fi
    fi
}

// MARK: attaching

inline takeAttachment(me) {
    do
    :: atomic { attachment[me] == DETACHED -> attachment[me] = ATTACHED }; break
#ifdef IGNORE_SUSPENSION
    :: attachment[me] == SUSPENDED -> attachment[me] = ATTACHED; break
#endif
    :: attachment[me] == SUSPENDED ->
        waiting[me] = 1;
        // Fails when it is resumed just now.
        atomic { if :: attachment[me] == SUSPENDED -> attachment[me] = SLEEPING :: else fi };
#ifdef WORD_LATE
        if
        :: attachment[me] == SLEEPING -> seen = resumeWord; resumeWord != seen
        :: attachment[me] != SLEEPING
        fi
#else
        seen = resumeWord;
        if
        :: attachment[me] == SLEEPING -> resumeWord != seen
        :: attachment[me] != SLEEPING
        fi;
#endif
        seen = 0
    od;
    waiting[me] = 0;
#ifndef LOSE_OWED
    forgive(me, world(me));
#endif
    atomic { touches[me] = 1; assert(!inBody[world(me)]) }
}

inline becomeSuspended(me) {
#ifdef COUNT_FIRST
    countDown(world(me));
    attachment[me] = SUSPENDED
#else
    attachment[me] = SUSPENDED;
    countDown(world(me))
#endif
}

inline leaveAttachment(me) {
    touches[me] = 0;
#ifdef DETACH_BLIND
    attachment[me] = DETACHED
#else
    if
    :: atomic { attachment[me] == ATTACHED -> attachment[me] = DETACHED }
    :: attachment[me] != ATTACHED ->
#ifdef DETACH_SILENT
        attachment[me] = SUSPENDED
#else
        becomeSuspended(me)
#endif
    fi
#endif
}

inline safepoint(me) {
    if
    :: stopRequest[me] ->
        touches[me] = 0;
        waiting[me] = 1;
        assert(attachment[me] == STOPPING);
        becomeSuspended(me);
        takeAttachment(me)
    :: else
    fi
}

inline birth(me) {
    lockList(world(me));
    // Atomic: nobody looks at a record that is not linked.
    atomic {
        if
#ifndef BORN_FREE
        :: in[world(me)].requested -> attachment[me] = SUSPENDED
#endif
#ifndef BORN_FREE_OF_ALL
        :: in[world(me)].globalStop == CLAIMED -> attachment[me] = SUSPENDED
#endif
        :: else -> attachment[me] = DETACHED
        fi;
        linked[me] = 1
    };
    unlockList(world(me))
}

inline death(me) {
    touches[me] = 0;
    lockList(world(me));
    linked[me] = 0;
#ifndef MUTANT
    // Who is attached has paid: the code's second look is for threads that will never attach.
    assert(!owed[me]);
#endif
#ifndef UNLINK_SILENT
    if :: attachment[me] == STOPPING -> countDown(world(me)) :: else fi;
#endif
    unlockList(world(me));
    atomic { attachment[me] = DETACHED; stopRequest[me] = 0; owed[me] = 0 }
}

// withHeldDetached, by a thread that is attached
inline hold(other) {
    if
    :: atomic { linked[other] && attachment[other] == DETACHED -> attachment[other] = HELD };
        if
#ifdef HOLDER_BLIND
        :: true -> attachment[other] = DETACHED
#else
        :: atomic { attachment[other] == HELD -> attachment[other] = DETACHED }
        :: attachment[other] != HELD ->
            attachment[other] = SUSPENDED;
#ifndef HOLDER_SILENT
            countDown(world(other))
#endif
#endif
        fi
    :: else
    fi
}

// MARK: pauses

// Under the list's lock. Adds to `asked`.
inline askThreads(me, which) {
    at = 0;
    do
    :: at < THREADS && (at == me || !linked[at] || world(at) != which) -> at++
    :: at < THREADS && at != me && linked[at] && world(at) == which ->
        if
        :: atomic { attachment[at] == DETACHED -> attachment[at] = SUSPENDED };
#ifdef COUNT_DETACHED
            asked++
#endif
        :: atomic { attachment[at] == ATTACHED -> attachment[at] = STOPPING; asked++ }; stopRequest[at] = 1
        :: atomic {
            attachment[at] == HELD -> attachment[at] = HELD_STOPPING;
#ifndef HELD_IS_STOPPED
            asked++
#endif
        }
        fi;
        at++
    :: at == THREADS -> break
    od;
    at = 0
}

// Under the list's lock. Sets `anySleeps`.
inline resumeThreads(me, which) {
    at = 0;
    do
    :: at < THREADS && (at == me || !linked[at] || world(at) != which) -> at++
    :: at < THREADS && at != me && linked[at] && world(at) == which ->
#ifndef STOP_STAYS
        stopRequest[at] = 0;
#endif
        if
        :: waiting[at] -> atomic { if :: !owed[at] -> owed[at] = 1; in[which].owedThreads++ :: else fi }
        :: else
        fi;
#ifndef MUTANT      // so that mutants must break the claim itself
        assert(attachment[at] == SUSPENDED || attachment[at] == SLEEPING);
#endif
        atomic {
            if
            :: attachment[at] == SUSPENDED -> attachment[at] = DETACHED
            :: attachment[at] == SLEEPING -> attachment[at] = DETACHED; anySleeps = 1
            :: else
            fi
        };
#ifdef STOP_STAYS
        stopRequest[at] = 0;
#endif
        at++
    :: at == THREADS -> break
    od;
    at = 0
}
inline wakeResumed() {
#ifndef NO_WAKE
#ifndef WORD_FIRST
    if :: anySleeps -> resumeWord++ :: else fi;
#endif
#endif
    anySleeps = 0
}

// To the point where the threads have been asked.
inline request(me, which) {
    do
    :: waitForOwedThreads(me, which);
        lockList(which);
        if
#ifndef OVERLOOK_GLOBAL
        :: in[which].globalStop != NONE ->
            unlockList(which);
#ifndef ATTACHED_GLOBAL
            if :: me != NOBODY -> leaveAttachment(me) :: else fi;
#endif
            in[which].globalStop == NONE;
#ifndef ATTACHED_GLOBAL
            if :: me != NOBODY -> takeAttachment(me) :: else fi
#endif
        :: in[which].globalStop == NONE && in[which].owedThreads != 0 && !timeIsOver -> unlockOwed(which)
        :: in[which].globalStop == NONE && (in[which].owedThreads == 0 || timeIsOver) -> break
#else
        :: in[which].owedThreads != 0 && !timeIsOver -> unlockOwed(which)
        :: in[which].owedThreads == 0 || timeIsOver -> break
#endif
        fi
    od;
#ifdef PATIENT
    // Who waited when the last pause ended has been attached. Its mark goes before its count, so none is left.
    assert(!(owed[0] && world(0) == which) && !(owed[1] && world(1) == which) && !(owed[2] && world(2) == which));
#endif
    forgiveAll(which);
#ifndef REQUEST_LATE
    in[which].requested = 1;
#endif
    beginPending(which);
    askThreads(me, which);
    expect(which);
    unlockList(which);
#ifdef REQUEST_LATE
    lockList(which);
    in[which].requested = 1;
    unlockList(which);
#endif
    asked = 0
}
inline unlockOwed(which) {
#ifdef NOT_AGAIN
    break
#else
    unlockList(which)
#endif
}

inline takeTicket(me, which) {
    atomic { number = in[which].given; in[which].given++ };
    do
    ::
#ifdef TICKET_LATE
        if :: in[which].served == number -> break :: in[which].served != number fi;
        seen = in[which].ticket[number];
#else
        seen = in[which].ticket[number];
        if :: in[which].served == number -> break :: in[which].served != number fi;
#endif
        in[which].ticket[number] != seen
    od;
    seen = 0; number = 0
}
inline giveTicket(which) {
#ifdef TICKET_FIRST
    in[which].ticket[in[which].served + 1] = 1;
    in[which].served++
#else
    atomic { in[which].served++; mine = (in[which].given != in[which].served); number = in[which].served };
    if :: mine -> in[which].ticket[number] = 1; mine = 0 :: else fi;
    number = 0
#endif
}

inline stopWorld(me, which) {
    if
    :: atomic { in[which].served == in[which].given -> in[which].given++ }
    :: in[which].served != in[which].given ->
#ifdef ATTACHED_WAIT
        takeTicket(me, which)
#else
        if :: me != NOBODY -> leaveAttachment(me) :: else fi;
        takeTicket(me, which);
        if :: me != NOBODY -> takeAttachment(me) :: else fi
#endif
    fi;
    request(me, which);
    waitForStops(which);
    atomic { assert(!inBody[which]); inBody[which] = 1; assert(noneTouches(me, which)) };
    atomic { assert(noneTouches(me, which)); inBody[which] = 0 };
    lockList(which);
#ifndef CLEAR_LATE
    in[which].requested = 0;
#endif
#ifdef WORD_FIRST
    resumeWord++;
#endif
    resumeThreads(me, which);
    left = in[which].globalStop;
    unlockList(which);
#ifdef CLEAR_LATE
    in[which].requested = 0;
#endif
    wakeResumed();
    if :: left != NONE -> signals++ :: else fi;
    left = 0;
    giveTicket(which)
}

#ifdef GLOBAL
#define isFree(which) (!in[which].requested && (in[which].owedThreads == 0 || timeIsOver))

// Under all locks one after the other: sets the phase the first time, looks each time.
inline lookAtAll() {
    free = 1;
    at = 0;
    do
    :: at < WORLDS ->
        lockList(at);
        if :: first -> in[at].globalStop = WANTED :: else fi;
        if :: !isFree(at) -> free = 0 :: else fi;
        unlockList(at);
        at++
    :: else -> break
    od;
    at = 0;
    first = 0
}

inline stopAll(me) {
    first = 1;
    do
    ::
        number = signals;
        lookAtAll();
        if
#ifdef OVERLOOK_SINGLE
        :: true -> break
#else
        :: free -> break
        :: !free ->
            if
            :: !isOut ->
#ifndef ATTACHED_ANNOUNCE
                leaveAttachment(me);
#endif
                isOut = 1
            :: else -> signals != number || (isFree(0) && isFree(1))    // 200 microseconds, for owed threads
            fi
#endif
        fi
    od;
    number = 0; free = 0;
#ifndef ATTACHED_ANNOUNCE
    if :: isOut -> takeAttachment(me) :: else fi;
#endif
    isOut = 0;
    beginPending(ALL);
    each = 0;
    do
    :: each < WORLDS ->
        lockList(each);
        forgiveAll(each);
        in[each].globalStop = CLAIMED;
        askThreads(me, each);
        unlockList(each);
        each++
    :: else -> break
    od;
    each = 0;
    expect(ALL);
    asked = 0;
    waitForStops(ALL);
    atomic {
        assert(!inBody[0] && !inBody[1]);
        inBody[0] = 1; inBody[1] = 1;
        assert(noneTouches(me, 0) && noneTouches(me, 1))
    };
    atomic { assert(noneTouches(me, 0) && noneTouches(me, 1)); inBody[0] = 0; inBody[1] = 0 };
    do
    :: each < WORLDS ->
        lockList(each);
#ifdef LEAVE_PHASE
        if :: each == 0 -> in[each].globalStop = NONE :: else fi;
#else
        in[each].globalStop = NONE;
#endif
        resumeThreads(me, each);
        unlockList(each);
        each++
    :: else -> break
    od;
    each = 0;
    wakeResumed()
}

proctype PauserOfAll(byte me) {
    bit mine, anySleeps, first, free, isOut;
    byte at, asked, left, seen, number, word, each;
    birth(me);
    takeAttachment(me);
    stopAll(me);
    death(me);
    ended++
}
#endif

proctype Pauser(byte me; byte pauses) {
    bit mine, anySleeps;
    byte at, asked, left, seen, number, word;
    if :: me != NOBODY -> birth(me); takeAttachment(me) :: else fi;
    do
    :: pauses > 0 ->
        pauses--;
        if
        :: me == NOBODY -> stopWorld(me, WORLDS - 1)
        :: else -> stopWorld(me, world(me))
        fi
    :: pauses == 0 -> break
    od;
    if :: me != NOBODY -> death(me) :: else fi;
    ended++
}

proctype Worker(byte me; byte lives; byte steps; byte other) {
    bit mine;
    byte left, seen, word;
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
#ifdef FOREIGN
            :: true -> hold(other)
#endif
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
#ifdef GLOBAL
        run PauserOfAll(0);
#ifdef STRANGER
        run Pauser(NOBODY, 1);
#else
        run Pauser(1, 1);
#endif
        run Worker(2, 1, 1, 0)
#else
        run Pauser(0, 1);
        run Pauser(1, 2);
        run Worker(2, 2, 1, 0)
#endif
#endif
    }
}

// Under //live only.
ltl everybodyEnds { <> (ended == 3) }
