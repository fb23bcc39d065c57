import BenchWorkloads
import Testing

struct UtilisationTests {
    private func least(_ gaps: [(at: UInt64, length: UInt64)], _ window: UInt64) -> Double? {
        Utilisation(gaps: gaps, from: 0, to: 1000).minimum(window: window)
    }

    @Test func aWindowInsideAGapHasNothing() {
        #expect(least([(500, 100)], 50) == 0)
        #expect(least([(500, 100)], 100) == 0)
        #expect(least([(500, 100)], 200) == 0.5)
        #expect(least([], 100) == 1)
    }
    @Test func theWorstWindowMaySpanSeveralGaps() {
        // From 100 to 300 both gaps are inside, no window of 200 has more.
        #expect(least([(100, 50), (250, 50), (800, 60)], 200) == 0.5)
    }
    @Test func gapsMayOverlapAndReachOutside() {
        #expect(least([(100, 50), (120, 30), (110, 100)], 110) == 0)
        #expect(least([(950, 500)], 100) == 0.5)
        #expect(Utilisation(gaps: [(950, 500)], from: 0, to: 1000).share == 0.95)
    }
    @Test func noWindowLongerThanTheRun() { #expect(least([(0, 10)], 2000) == nil) }

    /// Against windows at every moment.
    @Test func agreesWithTryingAllWindows() {
        var number: UInt64 = 7
        func next(_ limit: UInt64) -> UInt64 {
            number = (number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407)
            return (number >> 33) % limit
        }
        for _ in 0..<200 {
            let gaps = (0..<next(8)).map { _ in (at: next(1100), length: next(120)) }
            var taken = [Bool](repeating: false, count: 1000)
            for gap in gaps { for moment in gap.at..<gap.at + gap.length where moment < 1000 { taken[Int(moment)] = true } }
            let window = 1 + next(300)
            var most = 0
            for start in 0...(1000 - Int(window)) { most = max(most, taken[start..<start + Int(window)].count { $0 }) }
            #expect(least(gaps, window) == 1 - Double(most) / Double(window))
        }
    }
}
