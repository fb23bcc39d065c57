// The modules that come with the process: native ones, and Python source kept in the binary. Shared by all interpreters.
//
// Read without locks by every import of every interpreter (SharedTable.swift), so a host may add modules while programs run.
// Entries are never removed: a definition lives as long as the process.
import StillPlatform
import StillQSBR

enum ModuleTable {
    final class Entry: Sendable {
        enum Kind: Sendable {
            case native(ModuleDefinition)
            /// A stand-in gives way to a module of the same name in the standard library.
            case source(String, isStandIn: Bool)
        }
        let kind: Kind
        init(_ kind: Kind) { self.kind = kind }
    }

    private static let table: SharedTable = {
        do throws(SharedTableError) { return try SharedTable() } catch { stillBug("\(error)") }
    }()
    private static let names = Guarded<[String]>(heldOverFork: [])

    /// - Returns: false when there is a module of that name already, or no memory for it.
    static func add(_ name: String, _ kind: Entry.Kind) -> Bool {
        let entry = Unmanaged.passRetained(Entry(kind))
        let key = Array(name.utf8)
        let added = key.withUnsafeBytes { (bytes) -> Bool in
            do throws(SharedTableError) {
                return try table.addOrGet(bytes, UInt(bitPattern: entry.toOpaque())).added
            } catch { return false }
        }
        guard added else {
            entry.release()
            return false
        }
        if case .native = kind { names.withLock { $0.append(name) } }
        return true
    }

    static func find(_ name: String) -> Entry.Kind? {
        let key = Array(name.utf8)
        guard let bits = key.withUnsafeBytes({ table.lookup($0) }), let raw = UnsafeRawPointer(bitPattern: bits) else { return nil }
        return Unmanaged<Entry>.fromOpaque(raw).takeUnretainedValue().kind
    }

    static var nativeNames: [String] { names.withLock { $0.sorted() } }
}
