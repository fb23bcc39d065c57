// All scenarios.
public enum StressCatalog {
    public static let all: [ScenarioDescription] = [
        ReadDuringRetire.description,
        AttachDetachStop.description,
        HelpInPause.description,
        SharedContainers.description,
        SharedMutation.description,
        FrozenHeap.description,
        SharedCache.description,
        SharedQueue.description,
        SharedContext.description,
        SharedGenerators.description,
        ExceptionStorm.description,
        AttributeStorm.description,
        InterpreterTurnover.description,
        CrossThreadFrees.description,
        CountSaturation.description,
        ThreadTurnover.description,
        LargeBlocks.description,
        ForkUnderLoad.description,
        FinaliseWithDaemons.description,
        ForeignEntryStorm.description,
        SharedTableScenario.description,
        VersionInvalidation.description,
        TwoPausers.description,
        BirthDeathDuringPause.description,
        BirthBesideStores.description,
        PauseFairness.description,
        ResumeAfterPause.description,
        CriticalSections.description,
    ]
    public static func named(_ name: String) -> ScenarioDescription? { all.first { $0.name == name } }
}
