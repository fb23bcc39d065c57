// Collects the instructions of one block with symbolic jump targets, and lays them out.
//
// Code that cannot be reached is never recorded: after a jump, return or raise everything up to the
// next label that something refers to is dropped. Layout threads jumps that lead to jumps, drops jumps
// to the next instruction, and widens fused compares whose 16-bit offset is too short.

import StillBytecode
import StillSyntax

/// A place in the code, possibly not known yet.
struct Label: Equatable { let id: Int }

/// A range of instructions that one exception handler covers. It may have holes: the clean-up code of
/// a `return` that leaves the range runs outside of it.
final class Region {
    let handler: Label
    let firstReleased: Int
    let exceptionRegister: Int
    fileprivate(set) var segments: [Range<Int>] = []
    fileprivate var openStart: Int?
    /// Inner regions are searched before outer ones.
    fileprivate let depth: Int

    init(handler: Label, firstReleased: Int, exceptionRegister: Int, depth: Int) {
        self.handler = handler
        self.firstReleased = firstReleased
        self.exceptionRegister = exceptionRegister
        self.depth = depth
    }

    /// Nothing reachable is covered, so the handler is never entered.
    var isEmpty: Bool { segments.isEmpty }
}

struct Assembler {
    private struct Item {
        var opcode: Opcode
        var flags: UInt8
        var a: UInt16
        var b: UInt16
        var c: UInt16
        var wide: Int32
        var usesWide: Bool
        var target: Int
        var span: SourceSpan
        var isDropped = false
        /// A fused compare that jumps over an unconditional jump.
        var isLong = false
    }

    private var items: [Item] = []
    /// Item index of each label; -1 until placed.
    private var labels: [Int] = []
    private var referenced: [Bool] = []
    private var regions: [Region] = []
    private(set) var isReachable = true
    var span: SourceSpan

    init(span: SourceSpan) { self.span = span }

    var count: Int { items.count }

    // MARK: Labels and regions

    mutating func makeLabel() -> Label {
        labels.append(-1)
        referenced.append(false)
        return Label(id: labels.count - 1)
    }

    func isReferenced(_ label: Label) -> Bool { referenced[label.id] }

    /// Whether code placed at `label` could run.
    func wouldBeReachable(at label: Label) -> Bool { isReachable || referenced[label.id] }

    mutating func place(_ label: Label) {
        labels[label.id] = items.count
        if referenced[label.id] { isReachable = true }
    }

    /// Starts the code of an exception handler. False when nothing can raise into it.
    mutating func placeHandler(of region: Region) -> Bool {
        if !region.isEmpty { referenced[region.handler.id] = true }
        place(region.handler)
        return isReachable
    }

    mutating func open(_ region: Region) {
        region.openStart = items.count
    }

    mutating func close(_ region: Region) {
        guard let start = region.openStart else { return }
        region.openStart = nil
        if start < items.count {
            if region.segments.isEmpty { regions.append(region) }
            region.segments.append(start..<items.count)
        }
    }

    // MARK: Instructions

    mutating func emit(
        _ opcode: Opcode, flags: UInt8 = 0, a: Int = 0, b: Int = 0, c: Int = 0
    ) {
        guard isReachable else { return }
        items.append(
            Item(
                opcode: opcode, flags: flags, a: UInt16(truncatingIfNeeded: a),
                b: UInt16(truncatingIfNeeded: b), c: UInt16(truncatingIfNeeded: c), wide: 0,
                usesWide: false, target: -1, span: span))
        if opcode.endsFlow { isReachable = false }
    }

    mutating func emit(_ opcode: Opcode, a: Int = 0, wide: Int) {
        guard isReachable else { return }
        items.append(
            Item(
                opcode: opcode, flags: 0, a: UInt16(truncatingIfNeeded: a), b: 0, c: 0,
                wide: Int32(truncatingIfNeeded: wide), usesWide: true, target: -1, span: span))
        if opcode.endsFlow { isReachable = false }
    }

    /// A jump: register a for conditional ones, registers b and c (or a constant c) for fused compares.
    mutating func jump(
        _ opcode: Opcode, to label: Label, flags: UInt8 = 0, a: Int = 0, b: Int = 0, c: Int = 0
    ) {
        guard isReachable else { return }
        // The jump after forIterate is taken at the end of the loop only.
        let isLoopEnd = opcode == .jump && items.last?.opcode == .forIterate
        referenced[label.id] = true
        items.append(
            Item(
                opcode: opcode, flags: flags, a: UInt16(truncatingIfNeeded: a),
                b: UInt16(truncatingIfNeeded: b), c: UInt16(truncatingIfNeeded: c), wide: 0,
                usesWide: !opcode.isFusedCompare, target: label.id, span: span))
        if opcode.endsFlow, !isLoopEnd { isReachable = false }
    }

    // MARK: Layout

    struct Result {
        var instructions: [UInt64]
        var exceptionTable: [ExceptionTableEntry]
        var lineTable: [LineTableEntry]
    }

    mutating func assemble() -> Result {
        threadJumps()
        dropJumpsToNext()
        var addresses = layOut()
        while widenShortJumps(addresses) { addresses = layOut() }
        return encode(addresses)
    }

    private func next(after index: Int) -> Int {
        var index = index + 1
        while index < items.count, items[index].isDropped { index += 1 }
        return index
    }

    private mutating func threadJumps() {
        for index in items.indices where items[index].target >= 0 {
            if items[index].opcode == .jumpBack { continue }
            var steps = 0
            while steps < 16 {
                let place = labels[items[index].target]
                guard place < items.count, items[place].opcode == .jump, place != index else {
                    break
                }
                items[index].target = items[place].target
                steps += 1
            }
            // A jump to a return becomes the return.
            if items[index].opcode == .jump, index == 0 || items[index - 1].opcode != .forIterate {
                let place = labels[items[index].target]
                if place < items.count,
                    items[place].opcode == .returnConstant || items[place].opcode == .returnValue
                {
                    items[index] = items[place]
                }
            }
        }
    }

    private mutating func dropJumpsToNext() {
        for index in items.indices.reversed() where items[index].opcode == .jump {
            if index > 0, items[index - 1].opcode == .forIterate { continue }
            let place = labels[items[index].target]
            if place > index, next(after: index) >= place { items[index].isDropped = true }
        }
    }

    private func layOut() -> [Int] {
        var addresses: [Int] = []
        addresses.reserveCapacity(items.count + 1)
        var address = 0
        for item in items {
            addresses.append(address)
            if item.isDropped { continue }
            address += 1 + item.opcode.cacheWords + (item.isLong ? 1 : 0)
        }
        addresses.append(address)
        return addresses
    }

    private func offset(_ index: Int, _ addresses: [Int]) -> Int {
        addresses[labels[items[index].target]] - addresses[index] - 1
            - items[index].opcode.cacheWords
    }

    private mutating func widenShortJumps(_ addresses: [Int]) -> Bool {
        var changed = false
        for index in items.indices
        where items[index].target >= 0 && items[index].opcode.isFusedCompare
            && !items[index].isLong
        {
            if Int16(exactly: offset(index, addresses)) == nil {
                items[index].isLong = true
                changed = true
            }
        }
        return changed
    }

    private func encode(_ addresses: [Int]) -> Result {
        var words: [UInt64] = []
        var lines: [LineTableEntry] = []
        var lastSpan: SourceSpan?
        for (index, item) in items.enumerated() where !item.isDropped {
            if item.span != lastSpan {
                lastSpan = item.span
                lines.append(
                    LineTableEntry(
                        start: Int32(words.count), line: item.span.line, column: item.span.column,
                        endLine: item.span.endLine, endColumn: item.span.endColumn))
            }
            if item.isLong {
                words.append(
                    Instruction(
                        item.opcode, flags: item.flags ^ InstructionFlags.jumpIfFalse, a: 1,
                        b: item.b, c: item.c
                    ).word)
                let distance = addresses[labels[item.target]] - words.count - 1
                words.append(
                    Instruction(.jump, wide: Int32(truncatingIfNeeded: distance)).word)
            } else if item.target >= 0 {
                let distance = offset(index, addresses)
                if item.opcode.isFusedCompare {
                    words.append(
                        Instruction(
                            item.opcode, flags: item.flags,
                            a: UInt16(bitPattern: Int16(truncatingIfNeeded: distance)),
                            b: item.b, c: item.c
                        ).word)
                } else {
                    words.append(
                        Instruction(
                            item.opcode, flags: item.flags, a: item.a,
                            wide: Int32(truncatingIfNeeded: distance)
                        ).word)
                }
            } else if item.usesWide {
                words.append(
                    Instruction(item.opcode, flags: item.flags, a: item.a, wide: item.wide).word)
            } else {
                words.append(
                    Instruction(
                        item.opcode, flags: item.flags, a: item.a, b: item.b, c: item.c
                    ).word)
            }
            for _ in 0..<item.opcode.cacheWords { words.append(0) }
        }
        return Result(
            instructions: words, exceptionTable: exceptionTable(addresses), lineTable: lines)
    }

    private func exceptionTable(_ addresses: [Int]) -> [ExceptionTableEntry] {
        var entries: [(depth: Int, entry: ExceptionTableEntry)] = []
        for region in regions {
            for segment in region.segments {
                let start = addresses[segment.lowerBound]
                let end = addresses[segment.upperBound]
                if start == end { continue }
                entries.append(
                    (
                        region.depth,
                        ExceptionTableEntry(
                            start: Int32(start), end: Int32(end),
                            handler: Int32(addresses[labels[region.handler.id]]),
                            firstReleased: UInt16(truncatingIfNeeded: region.firstReleased),
                            exceptionRegister: UInt16(truncatingIfNeeded: region.exceptionRegister))
                    ))
            }
        }
        entries.sort {
            $0.depth != $1.depth ? $0.depth > $1.depth : $0.entry.start < $1.entry.start
        }
        return entries.map(\.entry)
    }
}
