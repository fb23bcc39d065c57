// Retired memory against readers that come online, report and go offline, with weak memory.
// Code: Sources/StillQSBR (QuiescentState.swift, DelayedFree.swift). Checks and mutants: see ./check.
//
// One block hangs in a cell. Writer 0 unlinks it, asks for a goal and polls, or leaves it to writer 1 (the abandoned queue). Writer 1
// advances for blocks of its own, scans, and serves what was left (with two readers it only serves).
// Claims    A block is not freed while a reader still uses it. Each use happens before the free (ONLY_USE leaves this one out).
//
// Memory    Each location keeps all its stores in order, each with the view of the thread that made it: which store of every location
//           that thread had seen. A load may take any store not older than the thread's view of the location; an acquiring load joins the
//           store's view, if that released. A read-modify-write takes the newest store and passes its view on (release sequence). A
//           sequentially consistent fence joins the thread's view with one global view, both ways. That is C11 without load buffering.
//
//model  one reader
//model  TWO_READERS                    each for one section
//mutant ONLY_USE NO_ONLINE_FENCE       goOnline() without its fence (Q3)
//mutant ONLY_USE FENCE_FIRST           goOnline() fences before it stores the slot
//mutant ONLY_USE NO_SCAN_FENCE         scan() without its fence (Q3)
//mutant ONLY_USE SEQUENCE_AFTER_FENCE  scan() loads writeSequence behind its fence
//mutant ONLY_USE COUNT_BEFORE_FENCE    scan() loads slotCount before its fence
//mutant ONLY_USE RELAXED_ADVANCE       advance() does not release (Q1)
//mutant ONLY_USE RELAXED_SEEN          readers do not acquire writeSequence (Q1)
//mutant RELAXED_REPORT                 readers do not release their slots (Q2)
//mutant RELAXED_LOOK                   scan() does not acquire the slots (Q2)
//mutant RELAXED_KNOWN                  isReached() does not acquire readSequence
//mutant ONLY_USE GOAL_BEFORE_UNLINK    the goal is asked for before the block is unlinked
//mutant ONLY_USE SKIP_SCAN             every goal counts as reached
//model  ASKED                          the writer sleeps until a reader that it has asked makes a report, if need be for ever
//mutant ASKED NO_ASK                   the reader is not asked
//mutant ASKED CLEAR_LATE               the reader takes the request back after its report
//mutant ASKED NO_ASK_FENCE             the writer does not fence between advance() and its look at the request
//mutant ASKED NO_SERVE_FENCE           the reader does not fence between taking the request back and its report
//mutant ASKED NO_REPORT_FENCE          announceReport() without its fence
//mutant ASKED UNANNOUNCED              the reader reports and wakes nobody
//mutant ASKED REPORTS_LATE             the writer reads `reports` after its look at the slots

#ifdef TWO_READERS
#define READERS 2
#else
#define READERS 1
#endif

// Locations.
#define CELL  0     // 1: the block hangs here
#define WRITE 1     // writeSequence
#define READ  2     // readSequence
#define COUNT 3     // slotCount
#define SLOT  4     // slots of the readers
#define USE   (4 + READERS)     // a reader's last use of the block
#ifdef ASKED
#define BIT     6   // the reader's request
#define WAITING 7   // waiting, reports: words of the domain
#define REPORTS 8
#define LOCATIONS 9
#else
#define LOCATIONS (4 + 2 * READERS)
#endif
#ifdef ASKED
#define STORES 10
#else
#define STORES 7
#endif

#define READER 2    // threads: 0 and 1 are writers
#define THREADS (2 + READERS)

typedef View { byte newest[LOCATIONS] }
typedef Location { byte value[STORES]; byte last; View view[STORES] }
Location memory[LOCATIONS];
View seen[THREADS];
View fenced;        // the view that fences share

bit freed, left, took;
byte leftGoal;

hidden byte i_;

inline join(to, from) {
    i_ = 0;
    do
    :: i_ < LOCATIONS -> if :: from.newest[i_] > to.newest[i_] -> to.newest[i_] = from.newest[i_] :: else fi; i_++
    :: else -> break
    od;
    i_ = 0
}

inline load(me, place, result, acquires) {
    atomic {
        at = seen[me].newest[place];
        do
        :: at < memory[place].last -> at++
        :: true -> break
        od;
        result = memory[place].value[at];
        seen[me].newest[place] = at;
        if :: acquires -> join(seen[me], memory[place].view[at]) :: else fi;
        at = 0
    }
}

inline append(me, place, newValue, releases) {
    memory[place].last++;
    assert(memory[place].last < STORES);
    memory[place].value[memory[place].last] = newValue;
    seen[me].newest[place] = memory[place].last;
    if
    :: releases -> join(memory[place].view[memory[place].last], seen[me])
    :: else -> memory[place].view[memory[place].last].newest[place] = memory[place].last
    fi
}

inline store(me, place, newValue, releases) {
    d_step { append(me, place, newValue, releases) }
}

// Acquires. The store before it is passed on, whether this one releases or not.
inline add(me, place, amount, result, releases) {
    d_step {
        join(seen[me], memory[place].view[memory[place].last]);
        result = memory[place].value[memory[place].last] + amount;
        append(me, place, result, releases);
        join(memory[place].view[memory[place].last], memory[place].view[memory[place].last - 1])
    }
}

inline fence(me) {
    d_step { join(seen[me], fenced); join(fenced, seen[me]) }
}

// MARK: readers

#ifdef RELAXED_SEEN
#define SEEN 0
#else
#define SEEN 1
#endif
#ifdef RELAXED_REPORT
#define REPORT 0
#else
#define REPORT 1
#endif
#ifdef RELAXED_LOOK
#define LOOK 0
#else
#define LOOK 1
#endif
#ifdef RELAXED_KNOWN
#define KNOWN 0
#else
#define KNOWN 1
#endif
#ifdef RELAXED_ADVANCE
#define ADVANCE 0
#else
#define ADVANCE 1
#endif

inline goOnline(me) {
    load(me, WRITE, sequence, SEEN);
#ifdef FENCE_FIRST
    fence(me);
#endif
    store(me, SLOT + me - READER, sequence, REPORT);
#if !defined(FENCE_FIRST) && !defined(NO_ONLINE_FENCE)
    fence(me)
#endif
}

inline quiescent(me) {
    load(me, WRITE, sequence, SEEN);
    store(me, SLOT + me - READER, sequence, REPORT)
}

inline goOffline(me) { store(me, SLOT + me - READER, 0, REPORT) }

// Between two reports: loads the cell, uses what it finds.
inline section(me) {
    load(me, CELL, found, 0);
    if
    :: found ->
        d_step {
            assert(!freed);
            append(me, USE + me - READER, 1, 0)
        }
    :: else
    fi
}

proctype Reader(byte me) {
    byte at, sequence, found;
    // makeSlot(), under the domain's lock: its slot is the next.
    atomic {
        memory[COUNT].value[memory[COUNT].last] == me - READER ->
        join(seen[me], memory[COUNT].view[memory[COUNT].last]);
        append(me, COUNT, me - READER + 1, 1)
    }
    goOnline(me);
    section(me);
#ifndef TWO_READERS
    if
    :: true -> quiescent(me)
    :: true -> goOffline(me); goOnline(me)
    fi;
    section(me);
#endif
    goOffline(me)
}

// MARK: writers

inline advance(me, result) { add(me, WRITE, 2, result, ADVANCE) }

inline unlink(me) { store(me, CELL, 0, 1) }

// Sets `reached`.
inline isReached(me, wanted) {
    load(me, READ, least, KNOWN);
    if
    :: least >= wanted
    :: else -> scan(me)
    fi;
    reached = (least >= wanted);
    least = 0
}

inline scan(me) {
#ifdef COUNT_BEFORE_FENCE
    load(me, COUNT, count, 1);
#endif
#ifdef SEQUENCE_AFTER_FENCE
    fence(me);
    load(me, WRITE, least, 1);
#else
    load(me, WRITE, least, 1);
#ifndef NO_SCAN_FENCE
    fence(me);
#endif
#endif
#ifndef SKIP_SCAN
#ifndef COUNT_BEFORE_FENCE
    load(me, COUNT, count, 1);
#endif
    index = 0;
    do
    :: index < count ->
        load(me, SLOT + index, sequence, LOOK);
        if :: sequence != 0 && sequence < least -> least = sequence :: else fi;
        index++
    :: else -> break
    od;
    index = 0; count = 0; sequence = 0;
    // compare-and-swap until it is not lower
    atomic {
        if
        :: memory[READ].value[memory[READ].last] < least ->
            d_step {
                join(seen[me], memory[READ].view[memory[READ].last]);
                append(me, READ, least, 1)
            }
        :: else
        fi
    }
#endif
}

// The free is ordered after every use.
inline free(me) {
    d_step {
        index = 0;
#ifndef ONLY_USE
        do
        :: index < READERS -> assert(seen[me].newest[USE + index] == memory[USE + index].last); index++
        :: else -> break
        od;
        index = 0;
#endif
        freed = 1
    }
}

#ifdef ASKED
bit isAsleep;

// Passes safepoints; looks when it is asked (the newest value, sooner or later). It may have been asked by somebody else before.
proctype AskedReader(byte me) {
    byte at, sequence, found;
end:do
    :: memory[BIT].value[memory[BIT].last] != 0 ->
#ifndef CLEAR_LATE
        add(me, BIT, -1, found, 1);
#ifndef NO_SERVE_FENCE
        fence(me);
#endif
#endif
        quiescent(me);
#ifdef CLEAR_LATE
        add(me, BIT, -1, found, 1);
        fence(me);
#endif
        // announceReport
#ifndef UNANNOUNCED
#ifndef NO_REPORT_FENCE
        fence(me);
#endif
        load(me, WAITING, found, 0);
        if
        :: found -> add(me, REPORTS, 1, found, 1); isAsleep = 0
        :: else
        fi;
#endif
        found = 0; sequence = 0
    od
}

// waitForReaders(), without its limits of time.
proctype AskingWriter() {
    byte at, goal, least, count, index, sequence, old;
    bit reached;
    unlink(0);
    advance(0, goal);
    do
    ::
        // askReaders
#ifndef NO_ASK_FENCE
        fence(0);
#endif
        load(0, BIT, old, 0);
#ifndef NO_ASK
        if
        :: old == 0 -> add(0, BIT, 1 - memory[BIT].value[memory[BIT].last], old, 1)
        :: else
        fi;
#endif
        // waitForReport
        add(0, WAITING, 1, old, 1);
#ifndef REPORTS_LATE
        load(0, REPORTS, old, 1);
#endif
        isReached(0, goal);
#ifdef REPORTS_LATE
        load(0, REPORTS, old, 1);
#endif
        if
        :: reached
        :: else ->
            // futex: compares and sleeps in one step
            atomic {
                seen[0].newest[REPORTS] = memory[REPORTS].last;
                if :: memory[REPORTS].value[memory[REPORTS].last] == old -> isAsleep = 1 :: else fi
            };
            !isAsleep
        fi;
        add(0, WAITING, -1, old, 0);
        old = 0;
        isReached(0, goal);
        if :: reached -> break :: else fi
    od;
    free(0)
}
#endif

proctype Retirer() {
    byte at, goal, least, count, index, sequence;
    bit reached;
#ifdef GOAL_BEFORE_UNLINK
    advance(0, goal);
    unlink(0);
#else
    unlink(0);
    advance(0, goal);
#endif
    if
    :: true ->
        isReached(0, goal);
        if :: reached -> free(0) :: else fi
    :: true ->
        // Thread exit: the goal is sure to come, the block waits in the abandoned queue, under the domain's lock.
        advance(0, least);
        d_step { join(seen[1], seen[0]); leftGoal = goal; left = 1 }
    fi
}

proctype Server() {
    byte at, goal, least, count, index, sequence;
    bit reached;
#ifndef TWO_READERS
    if
    :: true -> advance(1, goal); isReached(1, goal)
    :: true
    fi;
#endif
    if
    :: left ->
        isReached(1, leftGoal);
        if :: reached -> free(1) :: else fi
    :: true
    fi
}

init {
    d_step {
        memory[CELL].value[0] = 1;
        memory[WRITE].value[0] = 1;
        memory[READ].value[0] = 1
    };
#ifdef ASKED
    // The reader came online before; somebody else may just have asked it.
    atomic {
        memory[COUNT].value[0] = 1;
        memory[SLOT].value[0] = 1;
        if :: true -> memory[BIT].value[0] = 1 :: true fi;
        run AskingWriter();
        run AskedReader(READER)
    }
#else
    atomic {
        run Retirer();
        run Server();
        run Reader(READER);
#ifdef TWO_READERS
        run Reader(READER + 1)
#endif
    }
#endif
}
