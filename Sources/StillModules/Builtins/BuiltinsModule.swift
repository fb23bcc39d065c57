// The module `builtins`: types and exceptions under their names, and the functions of the other files of this folder.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
public import StillVM

public enum BuiltinsModule {
    public static let definition = ModuleDefinition(name: "builtins") { m in
        types(m)
        m.set("NotImplemented", .notImplemented)
        m.set("Ellipsis", .ellipsis)
        m.set("None", .none)
        m.set("True", .true)
        m.set("False", .false)
        m.set("__debug__", .true)
        BuiltinPrint.define(m)
        BuiltinSite.define(m)
        BuiltinObjects.define(m)
        BuiltinNumbers.define(m)
        BuiltinIteration.define(m)
        BuiltinCode.define(m)
    }

    private static func types(_ m: ModuleBuilder) {
        let types: [(String, TypeID)] = [
            ("object", .object), ("type", .type), ("int", .int), ("bool", .bool), ("float", .float), ("complex", .complex),
            ("str", .str), ("bytes", .bytes), ("bytearray", .bytearray), ("list", .list), ("tuple", .tuple),
            ("dict", .dict), ("set", .set), ("frozenset", .frozenset), ("range", .range), ("slice", .slice),
            ("property", .property), ("classmethod", .classMethod), ("staticmethod", .staticMethod),
            ("super", .superObject), ("enumerate", .enumerate), ("zip", .zip), ("map", .map), ("filter", .filter),
            ("reversed", .reversed), ("memoryview", .memoryview),
        ]
        // A type that is not defined has no name.
        for (name, id) in types where !StaticTypes.record(id).record.pointee.name.isNull {
            m.set(name, StaticTypes.record(id).value)
        }
        for id in ExceptionID.allCases { m.set(id.name, StaticTypes.record(id).value) }
        m.set("EnvironmentError", StaticTypes.record(ExceptionID.osError).value)
        m.set("IOError", StaticTypes.record(ExceptionID.osError).value)
    }
}
