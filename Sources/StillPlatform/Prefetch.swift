// Hides a cache miss behind other work.
public import CStillShims

/// Asks the processor for the cache line of an address that will be read soon. Never faults, whatever the address.
@inlinable @inline(__always)
public func prefetch(_ address: UnsafeRawPointer) { still_prefetch(address) }
