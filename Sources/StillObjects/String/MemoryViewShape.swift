// Views in several dimensions, or none. Words 64 and 72 hold the shape and the strides as tuples of ints; null in a view of one dimension,
// whose length and step are words 40 and 48. Like these they are written before the view is published and never change.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

extension MemoryViewRef {
    static let shapeOffset = 64, stridesOffset = 72, bytes = 80
    static let mostDimensions = 64

    private func numbers(_ offset: Int) -> [Int]? {
        let tuple: Value = object.field(offset)
        if tuple.isNull { return nil }
        return (0..<TupleRef(tuple).count).map { TupleRef(tuple).item($0).smallInt }
    }
    var shape: [Int] { numbers(MemoryViewRef.shapeOffset) ?? [count] }
    var strides: [Int] { numbers(MemoryViewRef.stridesOffset) ?? [step] }
    var dimensions: Int {
        let tuple: Value = object.field(MemoryViewRef.shapeOffset)
        return tuple.isNull ? 1 : TupleRef(tuple).count
    }
    var byteCount: Int { shape.reduce(itemSize, *) }

    /// Strides of items that follow each other, the last index fastest.
    static func packed(_ shape: [Int], _ size: Int) -> [Int] {
        var strides = [Int](repeating: size, count: shape.count)
        for index in strides.indices.dropLast().reversed() { strides[index] = strides[index + 1] * shape[index + 1] }
        return strides
    }
    var isRowMajor: Bool { MemoryViewRef.agrees(shape, strides, MemoryViewRef.packed(shape, itemSize)) }
    var isColumnMajor: Bool {
        MemoryViewRef.agrees(shape, strides, MemoryViewRef.packed(shape.reversed(), itemSize).reversed())
    }
    /// The stride of a dimension of one item says nothing.
    private static func agrees(_ shape: [Int], _ strides: [Int], _ wanted: [Int]) -> Bool {
        shape.contains(0) || shape.indices.allSatisfy { shape[$0] == 1 || strides[$0] == wanted[$0] }
    }

    /// A view of several dimensions. Owned.
    static func make(
        _ t: Thread, _ source: Value, _ start: Int, shape: [Int], strides: [Int], format: Int
    ) throws(PythonError) -> Value {
        if shape.count == 1 { return try make(t, source, start, shape[0], strides[0], format: format) }
        let sizes = try t.makeTuple(shape.map { Value(smallInt: $0) })
        defer { t.release(sizes) }
        let steps = try t.makeTuple(strides.map { Value(smallInt: $0) })
        defer { t.release(steps) }
        let view = try make(t, source, start, shape.first ?? 1, strides.first ?? 0, format: format)
        view.object.setField(shapeOffset, t.retain(sizes))
        view.object.setField(stridesOffset, t.retain(steps))
        return view
    }

    /// Where the items lie, in the order of the indices.
    func places(columnMajor: Bool = false) -> [Int] {
        var found = [start]
        let (shape, strides) = (shape, strides)
        for index in columnMajor ? Array(shape.indices.reversed()) : Array(shape.indices) {
            found = found.flatMap { at in (0..<shape[index]).map { at + $0 * strides[index] } }
        }
        return found
    }

    /// The place of the item at a tuple of indices.
    func place(_ t: Thread, _ key: Value) throws(PythonError) -> Int {
        let (tuple, shape, strides) = (TupleRef(key), shape, strides)
        let isSlices = tuple.count > 0 && (0..<tuple.count).allSatisfy { t.typeOf(tuple.item($0)) == t.type(.slice) }
        if isSlices { throw t.raise(.notImplementedError, "multi-dimensional slicing is not implemented") }
        for index in 0..<tuple.count where t.typeOf(tuple.item(index)).record.pointee.index == nil {
            throw t.raise(.typeError, "memoryview: invalid slice key")
        }
        if tuple.count > shape.count {
            throw t.raise(.typeError, "cannot index \(shape.count)-dimension view with \(tuple.count)-element tuple")
        }
        if tuple.count < shape.count { throw t.raise(.notImplementedError, "sub-views are not implemented") }
        var at = start
        for (number, length) in shape.enumerated() {
            var index = try t.indexInt(tuple.item(number), overflow: .indexError)
            if index < 0 { index += length }
            if index < 0 || index >= length { throw t.raise(.indexError, "index out of bounds on dimension \(number + 1)") }
            at += index * strides[number]
        }
        return at
    }

    /// The items as lists in lists; without dimensions the item itself. Owned.
    func nested(_ t: Thread, _ all: [UInt8], _ at: Int, _ dimension: Int) throws(PythonError) -> Value {
        let (shape, strides) = (shape, strides)
        if dimension == shape.count {
            guard at >= 0, at + itemSize <= all.count else { throw t.raise(.indexError, "index out of bounds on dimension \(max(1, dimension))") }
            return try value(t, all[at..<(at + itemSize)])
        }
        let list = try t.makeList(capacity: shape[dimension])
        do throws(PythonError) {
            for index in 0..<shape[dimension] { ListRef(list).fill(try nested(t, all, at + index * strides[dimension], dimension + 1)) }
        } catch {
            t.release(list)
            throw error
        }
        return list
    }

    /// `cast(format, shape)`: bytes of one dimension to any shape, or any shape to one dimension. Owned.
    func cast(_ t: Thread, _ source: Value, format new: Int, size: Int, shape wanted: Value) throws(PythonError) -> Value {
        if !isRowMajor { throw t.raise(.typeError, "memoryview: casts are restricted to C-contiguous views") }
        let bytes = byteCount
        let isBytes = itemSize == 1 && format != 63
        let toBytes = size == 1 && new != 63
        if !isBytes && !toBytes { throw t.raise(.typeError, "memoryview: cannot cast between two non-byte formats") }
        if wanted.isNull {
            if bytes % size != 0 { throw t.raise(.typeError, "memoryview: length is not a multiple of itemsize") }
            return try MemoryViewRef.make(t, source, start, bytes / size, size, format: new)
        }
        guard t.isList(wanted) || t.isTuple(wanted) else { throw t.raise(.typeError, "shape must be a list or a tuple") }
        let tuple = try t.tupleFrom(wanted)
        defer { t.release(tuple) }
        var shape: [Int] = []
        var total = size
        for index in 0..<TupleRef(tuple).count {
            let item = TupleRef(tuple).item(index)
            guard t.isInt(item) else { throw t.raise(.typeError, "memoryview.cast(): elements of shape must be integers") }
            let length = try t.indexInt(item)
            if length <= 0 { throw t.raise(.valueError, "memoryview.cast(): elements of shape must be integers > 0") }
            let (product, overflow) = total.multipliedReportingOverflow(by: length)
            if overflow { throw t.raise(.valueError, "memoryview.cast(): product(shape) > SSIZE_MAX") }
            total = product
            shape.append(length)
        }
        if shape.count > MemoryViewRef.mostDimensions {
            throw t.raise(.valueError, "memoryview: number of dimensions must not exceed \(MemoryViewRef.mostDimensions)")
        }
        if shape.count != 1 && dimensions != 1 { throw t.raise(.typeError, "memoryview: cast must be 1D -> ND or ND -> 1D") }
        if total != bytes { throw t.raise(.typeError, "memoryview: product(shape) * itemsize != buffer size") }
        return try MemoryViewRef.make(t, source, start, shape: shape, strides: MemoryViewRef.packed(shape, size), format: new)
    }
}
