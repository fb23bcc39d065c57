// Which layers lie around the allocators of a heap: guards, observers, in any order.
//
// Domains     raw: the process's raw allocations. mem: buffers. object: objects.
// Order       the first layer is the outermost. An observer outside the guards sees what was asked for, one inside sees the block with its
//             guards. Whether there are guards (`isGuarded`), on which addresses and the collector's walks depend, is asked of all layers,
//             not of the outermost one.
// Cost        none unless installed: a hooked domain has no current pools, so that each of its allocations takes the slow path, and its
//             pools never say that they have room, so that each free does (GuardedBlocks.swift).
public import StillPlatform
import Synchronization

/// Told of every allocation and free of a domain. Must not allocate from the heap it observes.
@frozen public struct AllocationObserver: @unchecked Sendable {
    public typealias Notice = @convention(c) (
        _ context: UnsafeMutableRawPointer?, _ domain: Int32, _ block: UnsafeMutableRawPointer, _ bytes: Int
    ) -> Void
    public var context: UnsafeMutableRawPointer?
    public var allocated: Notice
    public var freed: Notice
    public init(context: UnsafeMutableRawPointer?, allocated: @escaping Notice, freed: @escaping Notice) {
        self.context = context
        self.allocated = allocated
        self.freed = freed
    }
}

public struct AllocatorConfiguration: Sendable {
    public enum Domain: Int32, CaseIterable, Sendable { case raw, mem, object }

    public enum Layer: Sendable {
        /// Guards around each block, fill bytes in fresh and freed ones, a serial number.
        case debug
        case observer(AllocationObserver)
        var isDebug: Bool { if case .debug = self { true } else { false } }
    }

    /// A number for the place in the program that allocates, kept with guarded blocks and printed with violations.
    public typealias Site = @convention(c) @Sendable (_ thread: UnsafeMutableRawPointer) -> UInt64

    private var layers: [[Layer]] = [[], [], []]
    public var site: Site?

    public init() {}

    /// Guards in all domains (in `raw` only in checking builds).
    public static var debug: AllocatorConfiguration {
        var configuration = AllocatorConfiguration()
        for domain in Domain.allCases where domain != .raw || BuildOptions.checksInvariants { configuration.wrap(domain, in: .debug) }
        return configuration
    }

    /// Puts a layer around those that are there.
    ///
    /// - Precondition: at most one debug layer in a domain, which is where its guards are; raw takes nothing but it, in checking builds.
    public mutating func wrap(_ domain: Domain, in layer: Layer) {
        precondition(!layer.isDebug || !isGuarded(domain), "The domain has guards already. Install them once.")
        if domain == .raw {
            precondition(BuildOptions.checksInvariants, "Raw allocations are hooked in checking builds only: build with STILL_CHECKS=1.")
            precondition(layer.isDebug, "Raw allocations take guards only.")
        }
        layers[Int(domain.rawValue)].insert(layer, at: 0)
    }

    /// Whether a layer, wherever it lies, puts guards around the domain's blocks.
    public func isGuarded(_ domain: Domain) -> Bool { layers[Int(domain.rawValue)].contains { $0.isDebug } }
    public func isHooked(_ domain: Domain) -> Bool { !layers[Int(domain.rawValue)].isEmpty }

    /// Observers outside the guards and inside them; all are outside when there are none.
    func observers(_ domain: Domain) -> (outside: [AllocationObserver], inside: [AllocationObserver]) {
        var found: (outside: [AllocationObserver], inside: [AllocationObserver]) = ([], [])
        var inside = false
        for layer in layers[Int(domain.rawValue)] {
            switch layer {
            case .debug: inside = true
            case .observer(let observer): if inside { found.inside.append(observer) } else { found.outside.append(observer) }
            }
        }
        return found
    }

    private static let standard = Guarded(heldOverFork: AllocatorConfiguration())

    /// For heaps that are not given one of their own. Set before the first interpreter is made; raw guards begin at once and stay.
    public static var processDefault: AllocatorConfiguration {
        get { standard.withLock { $0 } }
        set {
            if newValue.isGuarded(.raw) { RawGuards.install() }
            standard.withLock { $0 = newValue }
        }
    }
}

/// What a hooked heap needs to know, made once with the heap.
final class HeapHooks: Sendable {
    struct DomainHooks: Sendable {
        let isHooked: Bool
        let isGuarded: Bool
        let outside: [AllocationObserver]
        let inside: [AllocationObserver]
    }
    let mem: DomainHooks
    let object: DomainHooks
    let site: AllocatorConfiguration.Site?
    let serial = Atomic<UInt64>(0)

    /// nil: nothing is hooked.
    init?(_ configuration: AllocatorConfiguration) {
        guard configuration.isHooked(.mem) || configuration.isHooked(.object) else { return nil }
        func hooks(_ domain: AllocatorConfiguration.Domain) -> DomainHooks {
            let (outside, inside) = configuration.observers(domain)
            return DomainHooks(
                isHooked: configuration.isHooked(domain), isGuarded: configuration.isGuarded(domain), outside: outside, inside: inside)
        }
        mem = hooks(.mem)
        object = hooks(.object)
        site = configuration.site
    }

    func hooks(kind: Int) -> DomainHooks { HeapHooks.domain(kind) == .object ? object : mem }
    static func domain(_ kind: Int) -> AllocatorConfiguration.Domain {
        kind == PoolKind.plain || kind == PoolKind.collectable ? .object : .mem
    }
}
