// A thread's own cache of attributes and methods by class and name, behind the inline caches: for places that see objects of several
// classes, where the one inline entry would change all the time.
//
// Guard     as an inline cache: an entry belongs to a version tag, which is never given twice. What it refers to is not counted, and is not
//           looked at unless an object's class has the tag, which keeps it alive.
// Threads   Nobody but the owner of the thread reads or writes it.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

@frozen public struct SecondCacheEntry {
    /// As word 0 of the inline cache, without a turn.
    var word: UInt64
    /// The name and its use in the low bits.
    var name: UInt64
    /// As word 1.
    var detail: UInt64
}

enum SecondCache {
    static let count = 512

    /// What the attribute is wanted for: each has conditions of its own.
    enum Use: UInt64 {
        case load = 1
        case store, method
        /// The class is what has the attribute.
        case classValue
    }

    @inline(__always)
    private static func place(_ t: Thread, _ version: UInt32, _ key: UInt64) -> UnsafeMutablePointer<SecondCacheEntry> {
        let hash = (UInt64(version) &* 0x9E37_79B1) ^ (key &>> 4) ^ key
        return t.vm.pointee.secondCache + Int(hash & UInt64(count - 1))
    }

    /// - Parameter name: a string of the code's names.
    @inline(__always)
    static func find(_ t: Thread, _ version: UInt32, _ name: UInt64, _ use: Use) -> UnsafeMutablePointer<SecondCacheEntry>? {
        let key = name & ~7 | use.rawValue
        let entry = place(t, version, key)
        return entry.pointee.name == key && UInt32(truncatingIfNeeded: entry.pointee.word) == version && version != 0 ? entry : nil
    }

    /// Asked when an entry was found that the inline cache did not have: whether that should have it from now on. Always if it is empty; else
    /// seldom, so that a place that sees another class than at first gets used to it, and one that sees several writes little.
    @inline(__always)
    static func shouldMove(_ t: Thread, empty: Bool) -> Bool {
        if empty { return true }
        t.vm.pointee.misses &+= 1
        return _slowPath(t.vm.pointee.misses & 63 == 0)
    }

    /// Whether the next `shouldMove` would say so; else what it counts is counted here.
    @inline(__always)
    static func isMoveDue(_ t: Thread) -> Bool {
        if _slowPath(t.vm.pointee.misses & 63 == 63) { return true }
        t.vm.pointee.misses &+= 1
        return false
    }

    static func fill(_ t: Thread, _ word: UInt64, _ name: UInt64, _ use: Use, detail: UInt64 = 0) {
        let key = name & ~7 | use.rawValue
        place(t, UInt32(truncatingIfNeeded: word), key).pointee = SecondCacheEntry(word: word, name: key, detail: detail)
    }
}
