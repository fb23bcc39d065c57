// When a collection starts, and how fast it goes on.
//
// Goal      Garbage stays below half of what is alive plus a constant: in objects (`slackObjects`), and in bytes of buffers (`slackBytes`).
//           Nobody knows what is garbage; the estimate is everything that exists less what the last marking reached.
// Start     when the estimate has used up a part of that allowance: a quarter if the last collection found that nearly all growth was
//           garbage, up to a half if nearly all was alive. What a collection leaves behind for the next (objects are born black) counts at once.
// Progress  A collection may use what is left of the allowance, less three tenths in reserve, and costs about as much time as the last one. A slice is
//           due when a larger part of the allowance is used up than of the time. Births count a fourth of growth: a program that
//           allocates as much as it frees gets to the end, too.
// Freeing   From the verdict on what is left to do is known to free memory. Each step that frees lowers what is used up, so that would put off the
//           next one: such a step is due when as much time has passed as the last one took.
// Share     After a step that took t, 3 t pass before the next; t when the allowance is used up, t / u² when u times the allowance is. So pauses take a
//           quarter of the time at most while the goal is met, a half when it is just missed, and four fifths at twice the allowance: where
//           collecting an object takes longer than making it, no fixed share would ever catch up.
// Behind    At five fourths of the allowance other threads that ask for a slice wait a moment while one finalizes or breaks: they would make garbage
//           faster than one thread can take it apart.
// Idle      A program that allocates nothing is not collected.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

@usableFromInline struct Pacing {
    /// What was alive when the last collection started: objects that it reached, bytes that it did not free.
    var aliveObjects = 0
    var aliveBytes = 0
    /// Part of the growth that the last collection found to be garbage, in 256ths.
    var yield = 0
    /// When the present collection started.
    var objectsAtStart = 0
    var bytesAtStart = 0
    var bornAtStart = 0
    /// Time of the present collection's steps, and what it is expected to come to.
    var spentNanoseconds: UInt64 = 0
    var expectedNanoseconds: UInt64 = 0

    static var slackObjects: Int { BuildOptions.checksInvariants ? 2000 : 20_000 }
    static var slackBytes: Int { 6 << 20 }
    /// Nanoseconds per object that a first collection is expected to take.
    static let firstCost: UInt64 = 100

    var objectAllowance: Int { aliveObjects / 2 + Pacing.slackObjects }
    var byteAllowance: Int { aliveBytes / 2 + Pacing.slackBytes }

    /// Whether a collection should start.
    func isDue(objects: Int, bytes: Int) -> Bool {
        let part = 128 - yield / 4  // 256ths: a quarter at full yield, a half at none
        return (objects - aliveObjects) > objectAllowance * part / 256 || (bytes - aliveBytes) / 256 > byteAllowance * part / 65536
    }

    mutating func start(objects: Int, bytes: Int, born: Int) {
        objectsAtStart = objects
        bytesAtStart = bytes
        bornAtStart = born
        if expectedNanoseconds == 0 { expectedNanoseconds = UInt64(objects) * Pacing.firstCost }
        spentNanoseconds = 0
    }

    /// Times the allowance from which other threads wait, and how long each time.
    static var farBehind: Double { 1.25 }
    static var waitNanoseconds: UInt64 { 50_000 }

    /// How much of the present collection's allowance is used up: 1.0 is all.
    func used(objects: Int, bytes: Int, born: Int) -> Double {
        func left(_ allowance: Int, _ alive: Int, _ atStart: Int) -> Double {
            Double(max(allowance * 7 / 10 - (atStart - alive), allowance / 8))
        }
        let objectsLeft = left(objectAllowance, aliveObjects, objectsAtStart)
        let grown = max(Double(objects - objectsAtStart), Double(born - bornAtStart) / 4) / objectsLeft
        return max(grown, Double(bytes - bytesAtStart) / left(byteAllowance, aliveBytes, bytesAtStart))
    }

    /// How long the next step may be put off after one that ended at `ended`; nil: it is not due yet by what was allocated.
    func earliestStep(used: Double, ended: UInt64, took: UInt64, frees: Bool) -> UInt64? {
        if used >= 1 { return ended + UInt64(Double(took) / (used * used)) }
        if frees { return ended + took }
        let done = Double(spentNanoseconds) / Double(max(expectedNanoseconds, 1))
        return used >= min(done, 1) ? ended + 3 * took : nil
    }

    /// At the end of a collection whose marking reached `reached` objects and that broke up `collected`; with them `freed` bytes of buffers went.
    mutating func end(reached: Int, collected: Int, freed: Int, bytes: Int) {
        let growth = max(objectsAtStart - aliveObjects, collected, 1)
        yield = min(256, collected * 256 / growth)
        aliveObjects = reached
        aliveBytes = max(0, min(bytesAtStart - freed, bytes))
        expectedNanoseconds = max(spentNanoseconds, 1)
    }
}
