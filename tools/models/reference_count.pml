// One object with a biased count, its owner slot, and threads that hand references around.
// Code: Sources/StillObmalloc (ReferenceCount.swift, OwnerSlots.swift). Checks and mutants: see ./check.
//
// The object belongs to slot 1. Thread 0 holds the slot, dies, and a new thread takes it; threads 1 and 2 are strangers. A cell (a container's
// slot) holds one reference: threads move it out and in under the container's lock, or read it, with the lock or without.
// Claims    The object is freed once, when nobody has a reference to it, and in the end it is freed.
//
//model                     one step each
//model  TWO_STEPS          a stranger's second step
//mutant TAKE_MERGED_ZERO   tryRetain does not refuse merged zeros
//mutant TAKE_UNSHARED      tryRetain does not refuse objects without the shared flag
//mutant ZERO_UNSEEN        the owner frees at its zero without looking at the shared word
//mutant NO_QUEUE           a stranger lowers below zero without telling the owner
//mutant MERGE_RUNNING      a stranger merges for an owner that runs
//mutant VACANT_WAITS       a stranger leaves the queue of a vacant slot alone
//mutant DEAF_DEATH         a dying thread does not look at its queue again under the lock
//mutant NOT_LOWERED        merging does not give the queue's reference back
//mutant TWO_STEPS OWNER_LATE    a stranger asks who the owner is after it has flagged the object (a slot 0 is always vacant)
//mutant STILL_QUEUED       merging does not clear the flag

#define THREADS 3

// The header.
byte owner = 1;
byte localCount;
short count;         // shared word: its count
bit isShared, isMerged, isQueued, isDead;

// Slot 1.
bit slotLock, slotHasThread;
byte slotQueue;      // entries: always the object

#define DETACHED 0
#define ATTACHED 1
#define HELD     2
byte attachment;     // of the slot's thread

bit cellFull, cellLock;

// What the properties speak about.
byte has[THREADS];   // references
bit extra[THREADS];  // a count taken in passing, not yet known to be wanted
byte deaths, ended;

#define slotOf(me) (me + 1)

inline deallocate() {
    atomic {
        assert(deaths == 0);
        assert(!cellFull && !has[0] && !has[1] && !has[2] && !extra[0] && !extra[1] && !extra[2]);
        deaths++;
        isDead = 1
    }
}

// MARK: raising

inline retain(me) {
    assert(!isDead);
    if
    :: owner == slotOf(me) -> old = localCount; localCount = old + 1; old = 0
    :: else -> count++
    fi
}

// Sets `taken`.
inline tryRetain(me) {
    if
    :: owner == slotOf(me) -> old = localCount; localCount = old + 1; old = 0; taken = 1
    :: else ->
        atomic {
            if
            :: isDead -> taken = 0
#ifndef TAKE_UNSHARED
            :: !isShared && !isMerged -> taken = 0
#endif
#ifndef TAKE_MERGED_ZERO
            :: isMerged && count == 0 -> taken = 0
#endif
            :: else -> assert(!isDead); count++; extra[me] = 1; taken = 1
            fi
        }
    fi
}

// MARK: lowering

#ifdef OWNER_LATE
#define AND_OWNER
#else
#define AND_OWNER && slot != 0
#endif

inline release(me) {
    assert(!isDead);
    if
    :: owner == slotOf(me) ->
        old = localCount;
        localCount = old - 1;
        if
        :: old == 1 -> localCountIsZero()
        :: else
        fi;
        old = 0
    :: else -> releaseShared(me)
    fi
}

inline localCountIsZero() {
#ifdef ZERO_UNSEEN
    deallocate()
#else
    if
    :: count == 0 && !isShared && !isMerged && !isQueued -> deallocate()
    :: else ->
        owner = 0;
        atomic { isMerged = 1; dies = (count == 0) };
        if :: dies -> dies = 0; deallocate() :: else fi
    fi
#endif
}

// The owner is read before the word is changed. At 0 its thread is about to merge: then once more.
inline releaseShared(me) {
    do
    :: true ->
        slot = owner;
        atomic {
            queues = (count == 0 && !isMerged && !isQueued);
#ifdef NO_QUEUE
            queues = 0;
#endif
            if
#ifndef OWNER_LATE
            :: queues && slot == 0 -> queues = 0
#endif
            :: queues AND_OWNER -> isQueued = 1; extra[me] = 0; break
            :: !queues -> count--; extra[me] = 0; dies = (isMerged && count <= 0); assert(!dies || count == 0); break
            fi
        }
    od;
    if
    :: queues -> queues = 0; giveToOwner(me)
    :: dies -> dies = 0; deallocate()
    :: else
    fi
}

// MARK: merging

inline giveToOwner(me) {
#ifdef OWNER_LATE
    slot = owner;
#endif
    atomic { !slotLock -> slotLock = 1 };
    slotQueue++;
    if
    :: slotHasThread && slot == 1 ->
#ifdef MERGE_RUNNING
        takeMerged()
#else
        if
        :: atomic { attachment == DETACHED -> attachment = HELD };
            takeMerged();
            attachment = DETACHED
        :: attachment != DETACHED
        fi
#endif
    :: else ->
#ifndef VACANT_WAITS
        takeMerged()
#endif
    fi;
    slotLock = 0;
    if :: dies -> dies = 0; deallocate() :: else fi
}

// Under the slot's lock. Sets `dies`.
inline takeMerged() {
    assert(slotQueue <= 1);
    if
    :: slotQueue > 0 ->
        moved = 0;
        if
        :: !isMerged -> moved = localCount; owner = 0; localCount = 0
        :: else
        fi;
        atomic {
#ifdef NOT_LOWERED
            count = count + moved;
#else
            count = count + moved - 1;
#endif
#ifndef STILL_QUEUED
            isQueued = 0;
#endif
            isMerged = 1;
            dies = (count == 0 && !isQueued);
            moved = 0;
            slotQueue = 0
        }
    :: else
    fi
}

inline mergeQueued() {
    atomic { !slotLock -> slotLock = 1 };
    takeMerged();
    slotLock = 0;
    if :: dies -> dies = 0; deallocate() :: else fi
}

// MARK: threads

inline moveOut(me) {
    atomic { !cellLock -> cellLock = 1 };
    atomic { if :: cellFull -> cellFull = 0; has[me]++ :: else fi };
    cellLock = 0
}
inline moveIn(me) {
    if
    :: has[me] > 0 ->
        atomic { !cellLock -> cellLock = 1 };
        atomic { if :: !cellFull -> cellFull = 1; has[me]-- :: else fi };
        cellLock = 0
    :: else
    fi
}
inline readLocked(me) {
    atomic { !cellLock -> cellLock = 1 };
    if
    :: cellFull ->
        if :: !isMerged -> isShared = 1 :: else fi;
        retain(me);
        has[me]++
    :: else
    fi;
    cellLock = 0
}
inline readUnlocked(me) {
    if
    :: cellFull ->
        tryRetain(me);
        if
        :: taken ->
            taken = 0;
            if
            :: atomic { cellFull -> has[me]++; extra[me] = 0 }
            :: !cellFull -> release(me)
            fi
        :: else
        fi
    :: else
    fi
}
inline releaseOne(me) {
    if :: has[me] > 0 -> has[me]--; release(me) :: else fi
}
inline act(me) {
    if
    :: true -> moveOut(me)
    :: true -> moveIn(me)
    :: has[me] < 2 -> readLocked(me)
    :: has[me] < 2 -> readUnlocked(me)
    :: true -> releaseOne(me)
    fi
}
inline releaseAll(me) {
    moveOut(me);
    do
    :: has[me] > 0 -> has[me]--; release(me)
    :: else -> break
    od
}

proctype Stranger(byte me; byte steps) {
    byte old, moved;
    bit taken, queues, dies, slot;
    do
    :: steps > 0 -> steps--; act(me)
    :: else -> break
    od;
    releaseAll(me);
    ended++
}

proctype Owner(byte lives; byte steps) {
    byte old, moved, left;
    bit taken, queues, dies, slot, served;
    do
    :: lives > 0 ->
        lives--;
        // takeSlot
        atomic { !slotLock -> slotLock = 1; slotHasThread = 1; slotLock = 0 };
        attachment = ATTACHED;
        left = steps;
        do
        :: left > 0 ->
            left--;
            if
            :: true -> act(0)
            :: true -> attachment = DETACHED; atomic { attachment == DETACHED -> attachment = ATTACHED }
            :: true -> mergeQueued()
            fi
        :: else -> break
        od;
        releaseAll(0);
        // leaveSlot
        served = 0;
        do
        :: !served ->
            mergeQueued();
            atomic { !slotLock -> slotLock = 1 };
#ifdef DEAF_DEATH
            slotHasThread = 0; served = 1;
#else
            if :: slotQueue == 0 -> slotHasThread = 0; served = 1 :: else fi;
#endif
            slotLock = 0
        :: else -> break
        od
    :: else -> break
    od;
    ended++
}

// The owner has made the object and put it into the cell.
init {
    atomic {
        has[0] = 1;
        cellFull = 1;
        localCount = 2;
        slotHasThread = 1;
        attachment = ATTACHED;
        if :: true -> isShared = 1 :: true fi;
        run Owner(2, 1);
#ifdef TWO_STEPS
        run Stranger(1, 2);
#else
        run Stranger(1, 1);
#endif
        run Stranger(2, 1)
    };
    atomic { ended == 3 -> assert(deaths == 1) }
}
