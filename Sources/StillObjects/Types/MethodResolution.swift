// The method resolution order: C3 linearisation.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum MethodResolution {
    /// The MRO of a class with the given bases, the class first. Borrowed types.
    static func compute(_ type: TypeRef, _ bases: [TypeRef], _ t: Thread) throws(PythonError) -> [TypeRef] {
        for (index, base) in bases.enumerated() where bases[..<index].contains(base) {
            throw t.raise(.typeError, "duplicate base class \(StrRef(base.record.pointee.name).string)")
        }
        if bases.count == 1 { return [type] + order(bases[0]) }
        var lists = bases.map { order($0)[...] }
        lists.append(bases[...])
        var result = [type]
        while true {
            lists.removeAll { $0.isEmpty }
            if lists.isEmpty { return result }
            var chosen: TypeRef?
            for list in lists {
                let candidate = list.first!
                if !lists.contains(where: { $0.dropFirst().contains(candidate) }) {
                    chosen = candidate
                    break
                }
            }
            guard let chosen else {
                var heads: [String] = []
                for list in lists {
                    let name = StrRef(list.first!.record.pointee.name).string
                    if !heads.contains(name) { heads.append(name) }
                }
                throw t.raise(.typeError,
                    "Cannot create a consistent method resolution order (MRO) for bases \(heads.joined(separator: ", "))")
            }
            result.append(chosen)
            for index in lists.indices where lists[index].first == chosen { lists[index].removeFirst() }
        }
    }

    static func order(_ type: TypeRef) -> [TypeRef] {
        TypeRef.tupleItems(type.record.pointee.mro).map { TypeRef($0) }
    }
}
