// Sleeping until a world goes on, and waking those who sleep: one word for all worlds, a chain of sleepers that wake each other, and a napper.
// Code: Sources/StillThreadRegistry/Resumption.swift. Checks and mutants: see ./check.
//
// The last sleeper belongs to the second pauser's world, the others to the first's; with SHARED the second pauser stops all, as a pause of all
// interpreters does, when the first one has none stopped. The first pauser pauses twice. The word has the count of resumptions, the napper's bit and the wish for one.
// Claim     Nobody sleeps for ever whose world goes on.
//
//model                      two worlds
//model  SHARED              a world and a pause of all
//mutant NO_HAND_ON          who is woken from the chain wakes nobody
//mutant NAP_ALONE           the napper does not begin the chain
//mutant NAPPER_BLIND        the napper looks for a resumption before it takes its bit back, not then
//mutant NAPPER_LEAVES       the napper leaves its bit behind
//mutant PAUSER_LATE         the pauser looks for a napper before it changes the word
//mutant WORD_LATE           a sleeper reads the word after it has looked at its state
//mutant WORD_FIRST          the pauser changes the word before the states
//mutant NO_COMPARE          a sleeper goes to sleep without comparing the word
//mutant LOSE_OTHERS         who wakes one leaves the others on the word

#define SLEEPERS 3
#define LAST (SLEEPERS - 1)

bool stopped[SLEEPERS];
bool onWord[SLEEPERS];
bool onChain[SLEEPERS];
// The word.
byte resumptions;
bool naps;
bool wanted;

byte stopper;     // pausers that have stopped sleepers of both worlds exclude each other
byte ended;

// Wakes one that sleeps on the word, whichever, and moves the others to the chain.
inline wakeOne(woken) {
    atomic {
        woken = 0;
        do
        :: woken < SLEEPERS && onWord[woken] -> break
        :: woken < SLEEPERS -> woken++
        :: woken == SLEEPERS -> break
        od;
        // The one that the search has passed over may be the only one.
        if
        :: woken == SLEEPERS ->
            woken = 0;
            do
            :: woken < SLEEPERS && !onWord[woken] -> woken++
            :: else -> break
            od
        :: else
        fi;
        if
        :: woken < SLEEPERS ->
            onWord[woken] = false;
#ifndef LOSE_OTHERS
            woken = 0;
            do
            :: woken < SLEEPERS -> onChain[woken] = onChain[woken] || onWord[woken]; onWord[woken] = false; woken++
            :: else -> break
            od
#endif
        :: else
        fi;
        woken = 0
    }
}

// Wakes two of the chain: the first ones, since nothing tells sleepers of the same world apart.
inline wakeTwo(index, left) {
    atomic {
        index = 0; left = 2;
        do
        :: index < SLEEPERS && left > 0 ->
            if
            :: onChain[index] -> onChain[index] = false; left--
            :: else
            fi;
            index++
        :: else -> break
        od;
        index = 0; left = 0
    }
}

inline resume(first, last, index, napper) {
#ifdef WORD_FIRST
    atomic { napper = naps; resumptions++; wanted = false };
#endif
    index = first;
    do
    :: index <= last -> stopped[index] = false; index++
    :: else -> break
    od;
    index = 0;
#ifdef PAUSER_LATE
    napper = naps;
#endif
#ifndef WORD_FIRST
    atomic {
#ifndef PAUSER_LATE
        napper = naps;
#endif
        resumptions++; wanted = false
    };
#endif
    if
    :: !napper -> wakeOne(index)
    :: else
    fi;
    napper = false
}

proctype Pauser(byte first; byte last; byte left) {
    byte index = 0;
    bool napper = false;
    do
    :: left > 0 ->
        left--;
#ifdef SHARED
        atomic { stopper == 0 -> stopper = 1 };
#endif
        atomic {
            index = first;
            do
            :: index <= last -> stopped[index] = true; index++
            :: else -> break
            od;
            index = 0
        };
        // More of them than there are processors, or not.
        if
        :: wanted = true
        :: skip
        fi;
        resume(first, last, index, napper);
#ifdef SHARED
        stopper = 0
#endif
    :: else -> break
    od;
    ended++
}

proctype Sleeper(byte me) {
    byte seenCount = 0, index = 0, left = 0;
    bool seenNaps = false, seenWanted = false, over = false;
    do
    :: stopped[me] ->
#ifdef WORD_LATE
        if
        :: !stopped[me] -> goto again
        :: else
        fi;
#endif
        atomic { seenCount = resumptions; seenNaps = naps; seenWanted = wanted };
#ifndef WORD_LATE
        if
        :: !stopped[me] -> goto again
        :: else
        fi;
#endif
        if
        :: seenWanted && !seenNaps ->
            // A compare-and-swap.
            if
            :: atomic { seenCount == resumptions && !naps && wanted -> naps = true };
                do
                :: resumptions != seenCount || !stopped[me] -> break
                od;
#ifdef NAPPER_BLIND
                over = resumptions != seenCount;
                naps = false;
#else
#ifdef NAPPER_LEAVES
                over = resumptions != seenCount;
#else
                atomic { over = resumptions != seenCount; naps = false };
#endif
#endif
#ifndef NAP_ALONE
                if
                :: over -> wakeOne(index)
                :: else
                fi;
#endif
                over = false
            :: atomic { !(seenCount == resumptions && !naps && wanted) -> skip }
            fi
        :: else ->
            // The system compares and puts to sleep in one step.
#ifdef NO_COMPARE
            onWord[me] = true;
#else
            atomic {
                if
                :: seenCount == resumptions && seenNaps == naps && seenWanted == wanted -> onWord[me] = true
                :: else
                fi
            };
#endif
            !onWord[me] && !onChain[me];
#ifndef NO_HAND_ON
            wakeTwo(index, left)
#endif
        fi;
again:  skip;
        atomic { seenCount = 0; seenNaps = false; seenWanted = false }
    :: !stopped[me] && ended == 2 -> break
    od
}

init {
    atomic {
        run Pauser(0, LAST - 1, 2);
#ifdef SHARED
        run Pauser(0, LAST, 1);
#else
        run Pauser(LAST, LAST, 1);
#endif
        byte number = 0;
        do
        :: number < SLEEPERS -> run Sleeper(number); number++
        :: else -> break
        od
    }
}
