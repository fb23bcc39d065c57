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
        RegexModule.defineTypes()
        StructModule.defineTypes()
        QueueModule.defineTypes()
        ContextModule.defineTypes()
        ZlibModule.defineTypes()
        Reduction.installHook()
        LibraryHooks.install()
        VMHooks.serveSignals = { (t) throws(PythonError) in try Interrupts.deliver(t) }
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
            RegexModule.definition,
            ErrnoModule.definition,
            StructModule.definition,
            QueueModule.definition,
            ContextModule.definition,
            Sha512Module.definition,
            SignalModule.definition,
            SelectModule.definition,
            SocketModule.definition,
            SpawnModule.definition,
            ResourceModule.definition,
            FcntlModule.definition,
            TermiosModule.definition,
            UnicodeDataModule.definition,
            ZlibModule.definition,
            ModuleDefinition(name: "math") { MathModule.define($0) },
        ] + DigestModules.definitions {
            Imports.register(definition)
        }
        for (name, source) in [
            ("threading", ThreadingSource.text), ("weakref", WeakSource.text), ("atexit", AtexitSource.text),
            ("_codecs", CodecsSource.text), ("_io", LibrarySources.io), ("_ast", AstSource.text),
            ("importlib", LibrarySources.importlib), ("importlib.machinery", LibrarySources.machinery),
            ("_typing", TypingSource.text), ("_prompt", PromptSource.text), ("array", ArraySource.text), ("_csv", CsvSource.text),
            ("binascii", LibrarySources.binascii), ("cmath", ComplexMathSource.text), ("marshal", MarshalSource.text),
            ("pwd", AccountSources.users), ("grp", AccountSources.groups), ("importlib.util", ImportlibSources.util),
            ("importlib._bootstrap_external", ImportlibSources.external), ("importlib._bootstrap", ImportlibSources.bootstrap),
            ("_sysconfigdata_t_", ImportlibSources.configuration), ("_sysconfigdata_t_linux_", ImportlibSources.configuration),
            ("_imp", InsideSources.imp), ("_opcode", InsideSources.opcode), ("_tokenize", TokenizeSource.text), ("faulthandler", FaultHandlerSource.text),
            (Reduction.name, Reduction.text),
        ] {
            Imports.registerSource(name, source)
        }
        // The library's modules are complete; these are for programs without one.
        for (name, source) in [("os", OsSource.text), ("operator", OperatorSource.text), ("functools", FunctoolsSource.text)] {
            Imports.registerSource(name, source, isStandIn: true)
        }
    }
}
