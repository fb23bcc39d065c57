// Second pass: decides for each name whether it is local, captured, free or global, and gives
// variables their registers.
//
// Going down, a scope learns which names the functions around it bind. Coming up, it learns which
// names inner functions capture. A comprehension also reports the names it merely uses: those are the
// host's own variables and need no cell. A parameter that nothing binds again, and that only generator
// expressions capture, needs none either: they are given its value.

import StillBytecode
import StillSyntax

struct SymbolAnalysis {
    let reporter: ErrorReporter

    private struct Outward {
        /// Names that functions inside need as cells.
        var captured: Set<String> = []
        /// Names that generator expressions inside only read.
        var read: Set<String> = []
        /// Names of the host that a comprehension uses.
        var used: Set<String> = []
    }

    func run(_ root: Scope) throws(SyntaxError) {
        _ = try analyze(root, bound: [])
        assignRegisters(root)
    }

    private func analyze(_ scope: Scope, bound: Set<String>) throws(SyntaxError) -> Outward {
        var inner = bound
        for name in scope.order {
            let symbol = scope.symbols[name]!
            let resolution = try resolve(name, symbol, in: scope, bound: bound)
            scope.symbols[name]!.resolution = resolution
            guard scope.isFunctionLike else { continue }
            switch resolution {
            case .local: inner.insert(name)
            case .globalExplicit: inner.remove(name)
            default: break
            }
        }
        if scope.kind == .classBody { inner.insert("__class__") }
        var fromChildren = Outward()
        for child in scope.children {
            let outward = try analyze(child, bound: inner)
            fromChildren.captured.formUnion(outward.captured)
            fromChildren.read.formUnion(outward.read)
            fromChildren.used.formUnion(outward.used)
        }
        switch scope.kind {
        case .module: return Outward()
        case .comprehension: return finishComprehension(scope, fromChildren)
        case .function:
            if scope.comprehension == nil { captureUnlessConstant(&fromChildren, scope) }
            return finishFunction(scope, fromChildren, bound)
        case .classBody:
            fromChildren.captured.formUnion(fromChildren.read)
            return finishClass(scope, fromChildren, bound)
        }
    }

    /// Of the names that generator expressions in a function read: only its constant parameters need no cell.
    private func captureUnlessConstant(_ children: inout Outward, _ scope: Scope) {
        for name in children.read where !children.captured.contains(name) {
            let symbol = scope.symbols[name]
            let isConstant = symbol?.resolution == .local && symbol?.flags.intersection(.bound) == .parameter
            // `super` looks for a cell.
            if !isConstant || name == "__class__" { children.captured.insert(name) }
        }
        children.read = []
    }

    private func resolve(
        _ name: String, _ symbol: Symbol, in scope: Scope, bound: Set<String>
    ) throws(SyntaxError) -> Resolution {
        let flags = symbol.flags
        if flags.contains(.global) {
            if flags.contains(.nonlocal) {
                throw reporter.error("name '\(name)' is nonlocal and global", symbol.span)
            }
            return .globalExplicit
        }
        if flags.contains(.nonlocal) {
            if !bound.contains(name) {
                if flags.contains(.implicitNonlocal) { return .globalImplicit }
                throw reporter.error("no binding for nonlocal '\(name)' found", symbol.span)
            }
            return .free
        }
        if !flags.isDisjoint(with: .bound) { return .local }
        return bound.contains(name) ? .free : .globalImplicit
    }

    private func finishComprehension(_ scope: Scope, _ children: Outward) -> Outward {
        var outward = Outward()
        for name in children.captured {
            if scope.symbols[name]?.resolution == .local {
                scope.symbols[name]!.resolution = .cell
            } else {
                outward.captured.insert(name)
            }
        }
        for name in children.read {
            if scope.symbols[name]?.resolution == .local {
                scope.symbols[name]!.resolution = .cell
            } else if scope.symbols[name]?.resolution != .cell {
                outward.read.insert(name)
            }
        }
        for name in children.used {
            let resolution = scope.symbols[name]?.resolution
            if resolution != .local, resolution != .cell { outward.used.insert(name) }
        }
        for name in scope.order where scope.symbols[name]!.resolution == .free {
            outward.used.insert(name)
        }
        return outward
    }

    private func finishFunction(
        _ scope: Scope, _ children: Outward, _ bound: Set<String>
    ) -> Outward {
        let isGeneratorExpression = scope.comprehension == .generator
        var free: Set<String> = []
        /// Those that a generator expression does not only read.
        var captured: Set<String> = []
        for name in scope.order where scope.symbols[name]!.resolution == .free {
            free.insert(name)
            if scope.symbols[name]!.flags.contains(.nonlocal) { captured.insert(name) }
        }
        for name in children.captured.union(children.read) {
            if scope.symbols[name]?.resolution == .local {
                // A function has left only constant parameters among those that are read.
                if isGeneratorExpression || children.captured.contains(name) { scope.symbols[name]!.resolution = .cell }
            } else if scope.symbols[name]?.resolution != .cell {
                free.insert(name)
                if children.captured.contains(name) { captured.insert(name) }
            }
        }
        for name in children.used {
            switch scope.symbols[name]?.resolution {
            case .local, .cell, .globalExplicit: break
            default: if bound.contains(name) { free.insert(name) }
            }
        }
        for name in free {
            scope.add(name, [], scope.span)
            scope.symbols[name]!.resolution = .free
        }
        scope.freeNames = free.sorted()
        if isGeneratorExpression { return Outward(captured: captured, read: free.subtracting(captured)) }
        return Outward(captured: free)
    }

    private func finishClass(
        _ scope: Scope, _ children: Outward, _ bound: Set<String>
    ) -> Outward {
        var free = children.captured.union(children.used)
        if free.remove("__class__") != nil { scope.needsClassCell = true }
        for name in scope.order where scope.symbols[name]!.resolution == .free {
            free.insert(name)
        }
        free.formIntersection(bound)
        scope.freeNames = free.sorted()
        return Outward(captured: free)
    }

    // MARK: Registers

    private func assignRegisters(_ scope: Scope) {
        switch scope.kind {
        case .function:
            for name in scope.parameters { addRegister(name, scope, host: scope, prefix: "") }
            if scope.comprehension == .generator {
                // Their cells or values are given to the generator.
                for name in scope.freeNames {
                    let isValue = scope.parent.map { isConstant(name, in: $0) } ?? false
                    if isValue { scope.valueNames.insert(name) }
                    scope.localNames.append((isValue ? CodeUnit.valuePrefix : CodeUnit.cellPrefix) + name)
                }
                // The loop's index, if it has a list or tuple in place of an iterator.
                scope.localNames.append(".index")
            }
            for name in scope.order where scope.registers[name] == nil {
                let resolution = scope.symbols[name]!.resolution
                if resolution == .local || resolution == .cell {
                    addRegister(name, scope, host: scope, prefix: "")
                }
            }
        case .classBody where scope.needsClassCell:
            scope.registers["__class__"] = 0
            scope.localNames.append("__class__")
            scope.cellRegisters.append(0)
        default: break
        }
        assignComprehensions(of: scope, host: scope)
    }

    private func assignComprehensions(of scope: Scope, host: Scope) {
        for child in scope.children {
            guard child.kind == .comprehension else {
                assignRegisters(child)
                continue
            }
            for name in child.order {
                let resolution = child.symbols[name]!.resolution
                if resolution == .local || resolution == .cell {
                    addRegister(name, child, host: host, prefix: ".")
                }
            }
            assignComprehensions(of: child, host: host)
        }
    }

    /// Whether a name that a generator expression in `scope` captures has a register there that holds its value, not a cell.
    private func isConstant(_ name: String, in scope: Scope) -> Bool {
        var current = scope
        while current.kind == .comprehension, let parent = current.parent {
            if current.symbols[name]?.resolution == .cell { return false }
            current = parent
        }
        return current.kind == .function && (current.symbols[name]?.resolution == .local || current.valueNames.contains(name))
    }

    private func addRegister(_ name: String, _ scope: Scope, host: Scope, prefix: String) {
        let register = host.localNames.count
        scope.registers[name] = register
        host.localNames.append(prefix + name)
        if scope.symbols[name]!.resolution == .cell { host.cellRegisters.append(register) }
    }
}
