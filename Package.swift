// swift-tools-version: 6.2
// Stillpoint: targets and the import direction between them, lowest first.
//
// STILL_CHECKS=1 in the environment compiles invariants, seeded delays and fault injection in
// (see Sources/StillPlatform/BuildOptions.swift). Use a scratch path of its own for such a build.
import PackageDescription

let checks = Context.environment["STILL_CHECKS"] == "1"

let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableExperimentalFeature("Lifetimes"),
    ] + (checks ? [.define("STILL_CHECKS")] : [])

// The command starts in half the time when the loader has no shared Swift libraries to bind, Foundation above all, and no addresses to adjust. Not in
// checking builds: sanitizers and backtraces want the shared ones; not in the library's targets: packages with such flags can't be depended on.
let linkage = checks ? [] : ["-static-stdlib"]

func layer(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

/// Layers that run Python code: functions that call nothing (most opcode handlers) get no frame pointer, a tenth fewer instructions. Others keep
/// theirs, so backtraces stay. SwiftPM refuses such flags in a dependency with a version, which does without.
func fastLayer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    let isDependency = Context.packageDirectory.contains("/checkouts/")
    let flags: [SwiftSetting] = isDependency ? [] : [.unsafeFlags(["-Xcc", "-momit-leaf-frame-pointer"])]
    return .target(name: name, dependencies: dependencies, swiftSettings: settings + flags)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

let package = Package(
    name: "Stillpoint",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Stillpoint", targets: ["Stillpoint"]),
        .executable(name: "still", targets: ["still"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // What Swift cannot say, and system libraries.
        .target(name: "CStillShims"),
        .systemLibrary(
            name: "CUserspaceRCU", pkgConfig: "liburcu-bp", providers: [.apt(["liburcu-dev"])]),
        .systemLibrary(name: "CGMP", pkgConfig: "gmp", providers: [.apt(["libgmp-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // The concurrency core.
        layer("StillPlatform", ["CStillShims"]),
        layer("StillQSBR", ["StillPlatform", "CUserspaceRCU"]),
        layer("StillThreadRegistry", ["StillQSBR", "StillPlatform"]),
        layer("StillVersions", ["StillThreadRegistry", "StillPlatform"]),
        layer("StillObmalloc", ["StillThreadRegistry", "StillQSBR", "StillPlatform"]),
        layer("StillGC", ["StillObmalloc", "StillThreadRegistry", "StillQSBR", "StillPlatform"]),

        // The front end: text in, register bytecode out, no runtime.
        layer("StillSyntax", []),
        layer("StillBytecode", []),
        layer("StillCompiler", ["StillSyntax", "StillBytecode"]),

        // Python.
        fastLayer(
            "StillObjects",
            ["StillObmalloc", "StillVersions", "StillThreadRegistry", "StillQSBR", "StillPlatform", "CGMP"]),
        fastLayer(
            "StillVM",
            [
                "StillObjects", "StillGC", "StillBytecode", "StillObmalloc", "StillVersions",
                "StillThreadRegistry", "StillQSBR", "StillPlatform",
            ]),
        fastLayer(
            "StillModules",
            [
                "StillVM", "StillObjects", "StillGC", "StillObmalloc", "StillThreadRegistry",
                "StillQSBR", "StillPlatform", "CZlib",
            ]),
        layer(
            "Stillpoint",
            [
                "StillModules", "StillVM", "StillObjects", "StillGC", "StillCompiler",
                "StillBytecode", "StillSyntax", "StillObmalloc", "StillThreadRegistry",
                "StillQSBR", "StillPlatform",
            ]),

        // Scenarios, benchmarks, command.
        layer(
            "StressScenarios",
            [
                "Stillpoint", "StillModules", "StillVM", "StillObjects", "StillGC", "StillObmalloc",
                "StillVersions", "StillThreadRegistry", "StillQSBR", "StillPlatform",
            ],
            path: "StressTests/Scenarios"),
        layer(
            "BenchWorkloads",
            [
                "Stillpoint", "StillGC", "StillObmalloc", "StillThreadRegistry", "StillQSBR", "StillPlatform",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ]),
        .executableTarget(
            name: "still",
            dependencies: [
                "Stillpoint", "StressScenarios", "BenchWorkloads", "StillPlatform",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings + [.unsafeFlags(linkage, .when(platforms: [.linux]))],
            linkerSettings: [.unsafeFlags(linkage + (checks ? [] : ["-Xclang-linker", "-no-pie"]), .when(platforms: [.linux]))]),

        tests("StillQSBRTests", ["StillQSBR", "StillPlatform"]),
        tests("StillThreadRegistryTests", ["StillThreadRegistry", "StillQSBR", "StillPlatform"]),
        tests("StillVersionsTests", ["StillVersions", "StillThreadRegistry", "StillPlatform"]),
        tests(
            "StillObmallocTests",
            ["StillObmalloc", "StillThreadRegistry", "StillQSBR", "StillPlatform"]),
        tests("StillSyntaxTests", ["StillSyntax"]),
        tests("StillCompilerTests", ["StillCompiler", "StillBytecode", "StillSyntax"]),
        tests("StillpointTests", ["Stillpoint", "StillObjects", "StillObmalloc", "StillPlatform"]),
        tests("BenchWorkloadsTests", ["BenchWorkloads", "Stillpoint", "StillPlatform"]),
        tests("Smoke", ["StressScenarios", "StillPlatform"], path: "StressTests/Smoke"),
    ]
)
