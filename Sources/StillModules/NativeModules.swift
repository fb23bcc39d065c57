// All native modules and the types that come with them.
import StillObjects
import StillVM

public enum NativeModules {
    /// Once, after the object layer and the VM have started and before the first interpreter.
    public static func start() {
        TextStream.define()
        LockTypes.define()
        HandleType.define()
        WeakProxyTypes.define()
        ItertoolsModule.defineTypes()
        OperatorModule.defineTypes()
        FunctoolsModule.defineTypes()
        CollectionsModule.defineTypes()
        AbcModule.defineTypes()
        RandomModule.defineTypes()
        Reduction.installHook()
        RegexModule.defineTypes()
        for definition in [
            BuiltinsModule.definition,
            SysModule.definition,
            TimeModule.definition,
            ThreadModule.definition,
            GcModule.definition,
            WeakModule.definition,
            PosixModule.definition,
            ItertoolsModule.definition,
            OperatorModule.definition,
            FunctoolsModule.definition,
            CollectionsModule.definition,
            AbcModule.definition,
            HeapModule.definition,
            BisectModule.definition,
            RandomModule.definition,
            FormatModule.definition,
            ErrnoModule.definition,
            RegexModule.definition,
            ModuleDefinition(name: "math") { MathModule.define($0) },
        ] {
            Imports.register(definition)
        }
        Imports.registerSource("threading", ThreadingSource.text)
        Imports.registerSource("os", OsSource.text)
        Imports.registerSource("_reduction", Reduction.text)
        Imports.registerSource("atexit", AtexitSource.text)
        Imports.registerSource("weakref", WeakSource.text)
        Imports.registerSource("operator", OperatorSource.text)
        Imports.registerSource("functools", FunctoolsSource.text)
    }
}
