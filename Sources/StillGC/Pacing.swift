// When a collection starts, and how fast it goes on.
//
// Goal      Garbage stays below half of what is alive plus a constant: in objects (`slackObjects`), and in bytes of buffers (`slackBytes`).
//           Nobody knows what is garbage; the estimate is everything that exists less what the last marking reached.
// Start     when the estimate has used up a part of that allowance: a quarter if the last collection found that nearly all growth was
//           garbage, up to a half if nearly all was alive; later, if little will be made while it goes on: so that what is made until its end, judged
//           by the last collection and by the time since, takes it to `peak` of the allowance. Every collection has the same heap to mark, so the
//           fewer the better.
//           What a collection leaves behind for the next (objects are born black) counts at once.
// Progress  A collection may use what is left of the allowance, less three tenths in reserve, and costs about as much time as the last one. A slice is
//           due when a larger part of the allowance is used up than of the time. Births count a fourth of growth: a program that
//           allocates as much as it frees gets to the end, too.
// Freeing   From the verdict on what is left to do is known to free memory. Each step that frees lowers what is used up, so that would put off the
//           next one: such a step is always due, as far as the share goes.
// Share     After a thread has lost t to a step of its own or to a pause, 4 t pass before it takes the next step; what is lost before these are over adds to
//           them. Young collections count like that, too, but are not put off. So steps of t at most take W/5 + t of any window of W from a thread. When more than
//           0.5 of the allowance are owed, the factor falls from 4 to 3.2 at 0.68; beyond, fast: then memory comes before time, and
//           when all of it is owed the collector has seven eighths. Growth that is expected to be alive is owed by half: a program that
//           only builds gives up a fifth of its time.
// Idle      A program that allocates nothing is not collected.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

/// Written in pauses only.
@usableFromInline struct Pacing {
    /// What was alive when the last collection started: objects that it reached, bytes that it did not free.
    var aliveObjects = 0
    var aliveBytes = 0
    /// What existed at the end of the last collection beyond that: made while it went on.
    var carriedObjects = Int.max / 4
    var carriedBytes = Int.max / 4
    /// When it ended.
    var endedAt: UInt64 = 0
    /// Part of the growth that the last collection found to be garbage, in 256ths.
    var yield = 0
    /// When the present collection started.
    var objectsAtStart = 0
    var bytesAtStart = 0
    var bornAtStart = 0
    /// What the present collection is expected to take.
    var expectedNanoseconds: UInt64 = 0

    static var slackObjects: Int { BuildOptions.checksInvariants ? 2000 : 20_000 }
    static var slackBytes: Int { 6 << 20 }
    /// Nanoseconds per object that a first collection is expected to take.
    static let firstCost: UInt64 = 100

    var objectAllowance: Int { aliveObjects / 2 + Pacing.slackObjects }
    var byteAllowance: Int { aliveBytes / 2 + Pacing.slackBytes }

    /// Whether a collection should start.
    func isDue(objects: Int, bytes: Int, at now: UInt64) -> Bool {
        let part = Double(128 - yield / 4) / 256  // a quarter at full yield, a half at none
        // How often the time since the end of the last collection has room in the next one.
        let lasts = Double(expectedNanoseconds) * Pacing.stretch / Double(max(now, endedAt + 1) - endedAt)
        func limit(_ allowance: Int, _ alive: Int, _ carried: Int, _ exist: Int) -> Double {
            let coming = max(Double(carried) * 1.25, Double(exist - alive - carried) * lasts)
            return max(Double(allowance) * part, min(Double(allowance) * Pacing.latest, Double(allowance) * Pacing.peak - coming))
        }
        return Double(objects - aliveObjects) > limit(objectAllowance, aliveObjects, carriedObjects, objects)
            || Double(bytes - aliveBytes) > limit(byteAllowance, aliveBytes, carriedBytes, bytes)
    }
    private static let latest = 0.55
    private static let peak = 0.65
    /// How much longer a collection takes than its work, when the share is not exhausted by it alone.
    private static let stretch = 8.0

    mutating func start(objects: Int, bytes: Int, born: Int) {
        objectsAtStart = objects
        bytesAtStart = bytes
        bornAtStart = born
        if expectedNanoseconds == 0 { expectedNanoseconds = UInt64(objects) * Pacing.firstCost }
    }

    /// How much of the present collection's allowance is used up: 1.0 is all.
    func used(objects: Int, bytes: Int, born: Int) -> Double {
        func left(_ allowance: Int, _ alive: Int, _ atStart: Int) -> Double {
            Double(max(allowance * 7 / 10 - (atStart - alive), allowance / 8))
        }
        let objectsLeft = left(objectAllowance, aliveObjects, objectsAtStart)
        let grown = max(Double(objects - objectsAtStart), Double(born - bornAtStart) / 4) / objectsLeft
        return max(grown, Double(bytes - bytesAtStart) / left(byteAllowance, aliveBytes, bytesAtStart))
    }

    /// Whether a slice is due by what was allocated.
    func wantsStep(used: Double, spent: UInt64) -> Bool {
        used >= min(Double(spent) / Double(max(expectedNanoseconds, 1)), 1)
    }

    /// Which part of the allowance is owed: what exists beyond what the last marking reached. It counts half if the last collection found all growth alive.
    func debt(objects: Int, bytes: Int) -> Double {
        let owed = max(Double(objects - aliveObjects) / Double(objectAllowance), Double(bytes - aliveBytes) / Double(byteAllowance))
        return owed * (0.5 + Double(yield) / 512)
    }

    /// Whether the share allows a step after one that ended at `ended` and took `took`.
    static func allows(_ now: UInt64, debt: Double, ended: UInt64, took: UInt64) -> Bool {
        Double(now) >= Double(ended) + Double(took) * rest(debt)
    }

    /// After a loss of `more` at `now`: what the loss before it, whose rest is not over yet, and this one amount to together.
    static func together(_ now: UInt64, debt: Double, ended: UInt64, took: UInt64, more: UInt64) -> UInt64 {
        let rest = rest(debt)
        return UInt64(max(0, (Double(ended) + Double(took) * rest - Double(now)) / rest)) + more
    }

    /// How long nothing is done after a step, as a multiple of its time.
    private static func rest(_ debt: Double) -> Double {
        if debt <= 0.5 { return 4 }
        if debt <= 0.68 { return 4 - (debt - 0.5) / 0.18 * 0.8 }
        let square = (0.68 / debt) * (0.68 / debt)
        return 3.2 * square * square * square * square
    }

    /// At the end of a collection whose marking reached `reached` objects and that broke up `collected`; with them `freed` bytes of buffers went.
    mutating func end(reached: Int, collected: Int, spent: UInt64, freed: Int, objects: Int, bytes: Int, at now: UInt64) {
        endedAt = now
        let growth = max(objectsAtStart - aliveObjects, collected, 1)
        yield = min(256, collected * 256 / growth)
        aliveObjects = reached
        aliveBytes = max(0, min(bytesAtStart - freed, bytes))
        carriedObjects = max(0, objects - reached)
        carriedBytes = max(0, bytes - aliveBytes)
        expectedNanoseconds = max(spent, 1)
    }
}
