// Forking while other threads work, wait, pause worlds and use process-wide tables.
// Code: the fork protocol (Sources/StillThreadRegistry, Sources/StillQSBR). Checks and mutants: see ./check.
//
// Order     detached: fork lock, reclaimers of call_rcu paused; every world stopped in one pause of all; leaf locks, lists of threads, QSBR locks, liburcu's locks;
//           fork; the reverse. The child is the forker alone with the locks as they are: the others vanish.
// Claims    At the fork no lock is held by a thread that vanishes, but for the right to stop one world, which the child takes away from
//           whoever waits with it for the end of the fork's pause; nobody is in a read section or has callbacks in hand. Parent and child get on:
//           afterwards the forker can take every lock.
//
//model                        two interpreters, a worker in each
//model  TWO_FORKERS           a second forker in place of the first interpreter's worker
//mutant NO_PAUSE              the worlds run on
//mutant ONE_WORLD             only the forker's own world is stopped
//mutant NO_LEAVES             the leaf locks are not taken
//mutant NO_LISTS              the lists of threads are not locked
//mutant NO_QSBR               the QSBR locks are not taken
//mutant NO_LIBURCU            liburcu's locks are not taken
//mutant RECLAIMER_RUNS        the reclaimer is not paused
//mutant LIBURCU_FIRST         liburcu's locks are taken before the worlds stand
//mutant LEAVES_FIRST          the leaf locks are taken before the worlds stand
//mutant RECLAIMER_LAST        the reclaimer is paused after liburcu's locks are taken
//mutant SAFEPOINT_IN_SECTION  a thread stops inside a read section
//mutant ATTACHED_BARRIER      a thread waits for the reclaimer attached
//mutant TWO_FORKERS ATTACHED_FORK    a thread waits for the fork lock attached
//mutant KEEP_RIGHT            the child does not take away the right to stop a world
//mutant ATTACHED_ANNOUNCE     the forker waits attached for the end of other pauses
//mutant ATTACHED_PAUSER       who wants to stop one world waits attached for the end of the fork's pause
//mutant OVERLOOK_SINGLE       the fork's pause begins although one of a single world is on
//mutant FORGET_RECLAIMER      the child does not make the reclaimer anew

#define THREADS 3       // 0 forks, 1 is in the same interpreter, 2 in the other; 3 is the reclaimer
#define RECLAIMER 3
#define world(thread) (thread / 2)

#define DETACHED  0
#define ATTACHED  1
#define SUSPENDED 2

// Locks: 0 or the holder + 1.
#define FORK    0
#define PAUSE   1       // and 2: one for each interpreter
#define LEAF    3       // ForkLocks
#define LIST    4
#define QSBR    5
#define PERIOD  6       // liburcu: grace periods
#define READERS 7       // liburcu: the list of readers
#define CALLERS 8       // liburcu: call_rcu's threads
#define OBJECT  9       // heap, owner slot, type, object locks: held attached, never at a safepoint
#define LOCKS   10
byte lock[LOCKS];

byte attachment[THREADS];
bit stopRequest[THREADS];
bit requested[2];       // a pause of one world
bit globalStop;         // all are to stop, or stand
bit reads[THREADS];     // in a read section
bit queued;             // a callback waits for the reclaimer
bit inHand;             // the reclaimer has taken callbacks
bit pauseReclaimer, reclaimerPaused;
bit child;
byte ended;

inline take(me, which) { atomic { lock[which] == 0 -> lock[which] = me + 1 } }
inline give(me, which) { atomic { assert(lock[which] == me + 1); lock[which] = 0 } }
inline section(me, which) { take(me, which); give(me, which) }

inline attach(me) { atomic { attachment[me] == DETACHED -> attachment[me] = ATTACHED } }
inline detach(me) {
    atomic { if :: stopRequest[me] -> attachment[me] = SUSPENDED :: else -> attachment[me] = DETACHED fi }
}
inline safepoint(me) {
    if
    :: stopRequest[me] -> attachment[me] = SUSPENDED; attach(me)
    :: else
    fi
}

inline suspend(me, other) {
    do
    :: lock[LIST] == 0 ->
        atomic {
            lock[LIST] == 0 ->
            if
            :: attachment[other] == DETACHED -> attachment[other] = SUSPENDED
            :: attachment[other] == ATTACHED -> stopRequest[other] = 1
            :: else
            fi
        };
        attachment[other] != ATTACHED;
        if :: attachment[other] == SUSPENDED -> break :: else fi
    od
}
inline resume(other) { stopRequest[other] = 0; attachment[other] = DETACHED }

// Threads 0 and 1 are in one world, 2 is alone: it stops nobody.
inline stopWorld(me, which) {
    if
    :: atomic { lock[PAUSE + which] == 0 -> lock[PAUSE + which] = me + 1 }
    :: lock[PAUSE + which] != 0 -> detach(me); take(me, PAUSE + which); attach(me)
    fi;
    do
    :: atomic { lock[LIST] == 0 && !globalStop -> requested[which] = 1 }; break
    :: globalStop ->
#ifndef ATTACHED_PAUSER
        detach(me);
#endif
        !globalStop;
#ifndef ATTACHED_PAUSER
        attach(me)
#endif
    od;
    if
    :: which == 0 && me != 0 -> suspend(me, 0)
    :: which == 0 && me == 0 -> suspend(me, 1)
    :: else
    fi
}
inline resumeWorld(me, which) {
    atomic {
        lock[LIST] == 0 -> requested[which] = 0;
        if
        :: which == 0 && me != 0 -> resume(0)
        :: which == 0 && me == 0 -> resume(1)
        :: else
        fi
    };
    give(me, PAUSE + which)
}

// MARK: liburcu

inline readSection(me) {
    section(me, READERS);       // the first time
    reads[me] = 1;
#ifdef SAFEPOINT_IN_SECTION
    safepoint(me);
#endif
    queued = 1;                 // call_rcu
    reads[me] = 0
}
inline synchronize(me) {
    take(me, PERIOD);
    section(me, READERS);
    !reads[0] && !reads[1] && !reads[2];
    section(me, READERS);
    give(me, PERIOD)
}
inline waitForReaders(me) {
    synchronize(me);
    // urcu_bp_barrier
    take(me, CALLERS);
    give(me, CALLERS);
    !queued && !inHand
}

proctype Reclaimer() {
    {
end:    do
        :: atomic { pauseReclaimer -> reclaimerPaused = 1 }; atomic { !pauseReclaimer -> reclaimerPaused = 0 }
        :: atomic { queued && !pauseReclaimer -> queued = 0; inHand = 1 };
            synchronize(RECLAIMER);
            inHand = 0
        od
    } unless { child }
}

// MARK: forking

inline pauseReclaimers(me) {
    take(me, CALLERS);
#ifndef RECLAIMER_RUNS
    pauseReclaimer = 1;
    reclaimerPaused
#endif
}
inline lockLiburcu(me) {
#ifndef NO_LIBURCU
    take(me, PERIOD);
    take(me, READERS);
#endif
    skip
}
inline unlockLiburcu(me) {
#ifndef NO_LIBURCU
    give(me, READERS);
    give(me, PERIOD);
#endif
    skip
}
inline lockLeaves(me) {
#ifndef NO_LEAVES
    take(me, LEAF);
#endif
    skip
}
// GlobalPause: takes nobody's right to stop one world.
inline stopWorlds(me) {
#ifndef NO_PAUSE
    atomic { lock[LIST] == 0 -> globalStop = 1 };
#ifndef OVERLOOK_SINGLE
    if
    :: !requested[0] && !requested[1]
    :: requested[0] || requested[1] ->
#ifndef ATTACHED_ANNOUNCE
        detach(me);
#endif
        !requested[0] && !requested[1];
#ifndef ATTACHED_ANNOUNCE
        attach(me)
#endif
    fi;
#endif
    suspend(me, 1 - me);
#ifndef ONE_WORLD
    suspend(me, 2)
#endif
#endif
    skip
}
inline resumeWorlds(me) {
#ifndef NO_PAUSE
    atomic {
        lock[LIST] == 0 -> globalStop = 0;
        resume(1 - me);
#ifndef ONE_WORLD
        resume(2)
#endif
    }
#endif
    skip
}

// Both ends of the fork: what is true here, the child has.
#define mineOrFree(me, which) (lock[which] == 0 || lock[which] == me + 1)
inline copyProcess(me) {
    atomic {
#ifndef MUTANT      // so that mutants must show what comes of it
        assert(mineOrFree(me, FORK) && mineOrFree(me, LEAF));
        assert(mineOrFree(me, LIST) && mineOrFree(me, QSBR) && mineOrFree(me, PERIOD) && mineOrFree(me, READERS));
        assert(mineOrFree(me, CALLERS) && mineOrFree(me, OBJECT));
#endif
        assert(!reads[0] && !reads[1] && !reads[2] && !inHand);
        if
        :: true -> child = 1;
#ifndef KEEP_RIGHT
            lock[PAUSE] = 0; lock[PAUSE + 1] = 0
#endif
        :: true
        fi
    }
}

proctype Forker(byte me) {
    byte at;
    {
        attach(me);
        safepoint(me);
        // An interpreter's thread: the reclaimers are waited for detached.
#ifndef ATTACHED_FORK
        detach(me);
#endif
        take(me, FORK);
#ifndef RECLAIMER_LAST
        pauseReclaimers(me);
#endif
#ifndef ATTACHED_FORK
        attach(me);
#endif
#ifdef LIBURCU_FIRST
        lockLiburcu(me);
#endif
#ifdef LEAVES_FIRST
        lockLeaves(me);
#endif
        stopWorlds(me);
#ifndef LEAVES_FIRST
        lockLeaves(me);
#endif
#ifndef NO_LISTS
        take(me, LIST);
#endif
#ifndef NO_QSBR
        take(me, QSBR);
#endif
#ifndef LIBURCU_FIRST
        lockLiburcu(me);
#endif
#ifdef RECLAIMER_LAST
        pauseReclaimers(me);
#endif
        copyProcess(me)
    } unless { child && lock[FORK] != me + 1 };
    if
    :: child && lock[FORK] != me + 1 -> goto vanished
    :: else
    fi;
    unlockLiburcu(me);
#ifndef NO_QSBR
    give(me, QSBR);
#endif
#ifndef NO_LISTS
    give(me, LIST);
#endif
#ifndef NO_LEAVES
    give(me, LEAF);
#endif
    resumeWorlds(me);
    // Vanished threads leave the registry: nobody waits for them any more.
    detach(me);
#ifdef FORGET_RECLAIMER
    if :: child :: else -> give(me, CALLERS); pauseReclaimer = 0 fi;
#else
    give(me, CALLERS);
    pauseReclaimer = 0;
#endif
    attach(me);
    give(me, FORK);
    // Life goes on.
    if
    :: child ->
        do
        :: at < LOCKS -> section(me, at); at++
        :: at == LOCKS -> break
        od
    :: else
    fi;
    detach(me);
vanished:
    ended++
}

// MARK: others

proctype Worker(byte me; byte steps) {
    {
        attach(me);
        do
        :: steps > 0 ->
            steps--;
            if
            :: true -> safepoint(me)
            :: true -> section(me, OBJECT)
            :: true -> section(me, LEAF)
            :: true -> section(me, LIST)
            :: true -> section(me, QSBR)
            :: true -> readSection(me)
            :: true -> stopWorld(me, world(me)); resumeWorld(me, world(me))
            :: true ->
                detach(me);
                if
                :: true -> section(me, LEAF)
                :: true -> section(me, LIST)
                :: true -> section(me, QSBR)
                :: true ->
#ifndef ATTACHED_BARRIER
                    waitForReaders(me)
#endif
                fi;
                attach(me)
#ifdef ATTACHED_BARRIER
            :: true -> waitForReaders(me)
#endif
            fi
        :: steps == 0 -> break
        od;
        detach(me)
    } unless { child };
    ended++
}

init {
    atomic {
        run Forker(0);
#ifdef TWO_FORKERS
        run Forker(1);
        run Worker(2, 1);
#else
        run Worker(1, 2);
        run Worker(2, 1);
#endif
        run Reclaimer()
    }
}
