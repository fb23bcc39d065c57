// The instruction set of the register machine.
//
// Word      one 64-bit word: opcode u8 | flags u8 | a u16 | b u16 | c u16, low byte first.
//           Some opcodes are followed by inline-cache words (Opcode.cacheWords), zero when compiled.
// Operands  a, b, c name registers of the frame unless the opcode says otherwise. Registers are
//           0 ..< localCount for parameters and local variables, then temporaries.
// Ownership A register owns what it holds. A *local* operand is only read. A *temporary* operand is
//           consumed: its reference is given up by the instruction. Where the destination is the same
//           register, overwriting it does that; otherwise flag bit consumeB/consumeC says so.
//           Writing a register always releases what it held. A temporary that is not live holds null
//           or an immediate value, never a reference; the exception table relies on it.
// Borrowing What a call is given out of a local variable needs no count of its own (borrow, flag borrowB): the variable keeps it
//           until the call returns. The callee's variables may so refer uncounted; what leaves its frame (results, what is
//           stored, a generator's registers) gets its count then.
// Unbound   A null local is an unbound variable: the instruction that reads it raises.
// Jumps     relative, in words, to the word after the jumping instruction (its cache included).
//           `wide` = b | c << 16 as a signed 32-bit number; fused compares have a signed 16-bit offset in a.
// Calls     temporaries from `a`: [a] callee, [a+1 ... a+6] reserved for the callee's frame header,
//           [a+7 ...] arguments. The result replaces [a]. After loadMethod [a+7] is the receiver or null and the
//           arguments start at [a+8].

public enum FrameLayout {
    /// Words of a frame header, which lies directly before the frame's register 0.
    public static let headerWords = 6
    /// Where the first argument of a `call` based at register `a` lies, relative to `a`.
    public static let argumentOffset = 1 + headerWords
}

/// Flag bits of an instruction word.
public enum InstructionFlags {
    /// Register b is a temporary other than a; the instruction gives its reference up.
    public static let consumeB: UInt8 = 1
    /// The same for register c.
    public static let consumeC: UInt8 = 2
    /// The same for register a where a is only read (stores, returns, jumps).
    public static let consumeA: UInt8 = 4
    /// Binary operation from an augmented assignment.
    public static let inPlace: UInt8 = 8
    /// Conditional jump taken when the condition is false.
    public static let jumpIfFalse: UInt8 = 16
    /// loadMethod: the receiver is local variable b, which nothing binds before the call returns.
    public static let borrowB: UInt8 = 32
    /// getIterator: the iterator goes to a loop or to a generator expression, nowhere else.
    public static let loop: UInt8 = 64
}

public enum Opcode: UInt8, CaseIterable, Sendable {
    // Moves. `wide` k indexes constants.
    case nop
    /// a = b (consumeB moves instead of copying).
    case move
    /// Temporary a = local variable b, uncounted: a call's function or argument. Nothing binds b before the call returns.
    case borrow
    /// a = constants[wide]
    case loadConstant
    /// a = Int(wide)
    case loadSmallInt
    /// a = null; raises UnboundLocalError/NameError for local a when it was unbound already.
    case deleteLocal
    /// a = null, no check; releases what a held.
    case clear

    // Names. b indexes names.
    /// a = global or builtin named names[b]. Cache: 2.
    case loadGlobal
    /// globals[names[b]] = a
    case storeGlobal
    case deleteGlobal
    /// Class bodies, module level, exec: locals mapping first, then globals, then builtins.
    case loadName
    /// locals[names[b]] = a
    case storeName
    case deleteName
    /// Class body reading an enclosing function's variable: locals[names[b]], else free cell c.
    case loadNameOrFree

    // Cells. A captured local's register holds its cell.
    /// Register a: replaces the value (or null) by a new cell that contains it.
    case makeCell
    /// a = contents of the cell in register b
    case loadCell
    /// contents of the cell in register b = a
    case storeCell
    case deleteCell
    /// a = contents of free variable b (b-th cell of the function's closure)
    case loadFree
    case storeFree
    case deleteFree
    /// a = the cell itself of free variable b
    case loadFreeCell

    // Attributes. c indexes names.
    /// a = b.names[c]. Cache: 2.
    case loadAttribute
    /// a.names[c] = b. Cache: 2.
    case storeAttribute
    /// del a.names[c]
    case deleteAttribute
    /// [a] = callable, [a+7] = receiver or null, from b.names[c]; to be called with callMethod. Cache: 4.
    case loadMethod
    /// The method `super().names[c]`: as loadMethod, from [b], what the name `super` stands for.
    case loadSuperAttribute

    // Arithmetic: a = b op c; flag inPlace for augmented assignment.
    case add, subtract, multiply, trueDivide, floorDivide, modulo, power
    case leftShift, rightShift, bitAnd, bitOr, bitXor, matrixMultiply
    /// a = b op Int16(c); flag inPlace as above.
    case addSmall, subtractSmall, multiplySmall, floorDivideSmall, moduloSmall, bitAndSmall
    /// a = op b
    case negate, positive, invert, not

    // Comparisons: a = b op c.
    case less, lessEqual, equal, notEqual, greater, greaterEqual
    case isSame, isNotSame, contains, notContains
    /// Fused: pc += Int16(a) when (b op c) is true, or false with flag jumpIfFalse.
    case jumpLess, jumpLessEqual, jumpEqual, jumpNotEqual, jumpGreater, jumpGreaterEqual
    /// Fused with Int16(c) as right operand.
    case jumpLessSmall, jumpLessEqualSmall, jumpEqualSmall, jumpNotEqualSmall, jumpGreaterSmall,
        jumpGreaterEqualSmall
    /// pc += Int16(a) when b is c (identity), or is not with flag jumpIfFalse.
    case jumpIsSame

    // Jumps.
    /// pc += wide
    case jump
    /// pc += wide (negative); polls the safepoint.
    case jumpBack
    /// pc += wide when register a is true / false / None / not None. consumeA gives the temporary up on both ways.
    case jumpIfTrue, jumpIfFalse, jumpIfNone, jumpIfNotNone
    /// Short circuit: when a is true (false) pc += wide and a is kept; otherwise a is given up (temporary).
    case jumpIfTrueOrPop, jumpIfFalseOrPop

    // Containers. Temporaries [b ..< b+c] are consumed; a may be b.
    case buildTuple, buildList, buildSet
    /// 2*c temporaries: key, value, key, value ...
    case buildDict
    /// c strings, concatenated.
    case buildString
    /// a = slice of c (2 or 3) temporaries from b
    case buildSlice
    /// [a].append(b), [a].add(b), [a][b] = c for comprehensions and displays
    case listAppend, setAdd, dictAdd
    /// [a].extend(b) for `*b` in displays and calls (error text of calls when flag inPlace), [a].update(b)
    case listExtend, setUpdate
    /// [a].update(b) for `**b` in a dict display
    case dictUpdate
    /// [a].update(b) for `**b` in a call: duplicate or non-string keys raise TypeError. [c] is the callee for the message.
    case dictMerge
    /// a = tuple(list in b)
    case listToTuple
    /// a = format(b with conversion, spec c). Flags bits 5,6: conversion 0 none, 1 str, 2 repr, 3 ascii. c == 0xFFFF: no spec.
    case formatValue

    // Subscripts.
    /// a = b[c]. Cache: 1.
    case loadSubscript
    /// a[b] = c
    case storeSubscript
    /// del a[b]
    case deleteSubscript
    /// [a ..< a+c] = the c items of b, in order ([a] first).
    case unpackSequence
    /// As unpackSequence with a starred target: c low byte = items before, high byte = items after.
    case unpackStarred

    // Iteration.
    /// a = iter(b). With flag loop: a list or tuple may be put there in place of its iterator, its first index is in register a + 1 then.
    case getIterator
    /// a = next(iterator in b), then skips the next word (a `jump`); exhausted: clears b and falls into that jump. c: where the index
    /// is if b is a list or tuple, null for 0; otherwise unused. Cache: 0.
    case forIterate

    // Calls.
    /// [a](arguments [a+7 ..< a+7+b]); c = constant index of the tuple of keyword names, 0xFFFF for none. Cache: 2.
    case call
    /// After loadMethod: b arguments from [a+8]. Cache: 2.
    case callMethod
    /// [a](*[a+7], **[a+8]); [a+7] a tuple, [a+8] a dict or null. Cache: 2, unused: a return finds the three calls alike.
    case callSpread
    /// return a
    case returnValue
    /// return constants[wide]
    case returnConstant

    // Generators and coroutines.
    /// yields b to the caller; on resumption a = the value sent. Registers from c on are dead meanwhile, here and in `delegate`.
    case yieldValue
    /// a = iterator for `yield from b`
    case getYieldFromIterator
    /// a = awaitable's iterator for `await b`; flags: 0 plain, consume as usual; c: 0 await, 1 __aenter__, 2 __aexit__ (error text)
    case getAwaitable
    /// Delegation: sends [a] (value or None) into iterator [b]. A yielded value is yielded on to the caller and, on resumption,
    /// this instruction runs again with [a] = the value sent. When the iterator returns: a = its result, b is cleared.
    case delegate
    case getAsyncIterator
    case getAsyncNext
    /// `async for` end: StopAsyncIteration in [a] is swallowed and pc += wide, anything else is raised again.
    case endAsyncFor

    // Functions and classes.
    /// a = function of code constants[b]; c = FunctionParts bits; the parts are temporaries from a, in bit order, consumed.
    case makeFunction
    /// a = generator of code constants[b], a generator expression. Consumed temporaries: [a] its iterator, [a+1 ... a+c] the cells of its free variables.
    case makeGeneratorExpression
    /// a = builtins.__build_class__
    case loadBuildClass
    /// a = the frame's locals mapping
    case loadLocals
    case setupAnnotations

    // Exceptions.
    /// raise: c = 0 re-raise current, 1 raise a, 2 raise a from b
    case raise
    /// Handler entry. [a] = the exception (placed there by the VM). [a+1] = what was being handled before; [a] becomes current.
    case pushHandled
    /// Handler exit: what was handled before becomes current again; clears [a] and [a+1].
    case popHandled
    /// a = isinstance-like match of exception b against type or tuple c, with the TypeError for non-exception classes.
    case matchException
    /// except*: [a] = rest, [a+1] = match (or None) from splitting group b by type c; a match becomes the exception being handled
    case matchExceptionGroup
    /// raise [a] again, traceback unchanged
    case reraise
    /// except* end: raise what remains. a = list of exceptions, b = the original
    case raiseGroup
    case loadAssertionError

    // with
    /// [a] = bound special method c (0 __enter__, 1 __exit__, 2 __aenter__, 3 __aexit__) of b, with the TypeError of `with`.
    case loadSpecial

    // Imports. Consumed temporaries [a] = level, [a+1] = fromlist; a = module names[b]
    case importName
    /// a = attribute names[c] of module b, or the submodule
    case importFrom
    /// copies the public names of module a into the locals mapping
    case importStar

    // match statement
    /// a = b is a mapping / sequence for pattern matching
    case matchMapping, matchSequence
    /// a = tuple of values for keys c in mapping b, or None
    case matchKeys
    /// a = tuple of captured attributes, or None. [b] subject, [b+1] class, [b+2] names tuple (read, not consumed); c = positional count
    case matchClass
    /// a = len(b)
    case getLength
    /// a = dict copy of mapping b without the keys in tuple c
    case mappingRest

    // Rare things. c = Intrinsic
    /// a = intrinsic c of b
    case intrinsic
    /// Raises NotImplementedError, naming constants[wide]: syntax that compiles but is not supported yet.
    case unsupported
    /// Generator/coroutine start marker at word 0 of such code; the VM makes the generator here.
    case makeGenerator

    /// Words of inline cache after the instruction.
    @inlinable public var cacheWords: Int {
        switch self {
        case .loadGlobal, .loadAttribute, .storeAttribute, .call, .callMethod, .callSpread: 2
        case .loadMethod: 4
        case .loadSubscript: 1
        default: 0
        }
    }
}

/// Parts given to `makeFunction`, in the order of their bits.
public enum FunctionParts {
    public static let defaults: UInt16 = 1  // tuple
    public static let keywordDefaults: UInt16 = 2  // dict
    public static let annotations: UInt16 = 4  // dict
    public static let closure: UInt16 = 8  // tuple of cells
    public static let typeParameters: UInt16 = 16  // tuple
}

/// Operand c of `intrinsic`.
public enum Intrinsic: UInt16, CaseIterable, Sendable {
    /// Interactive mode: prints the value of an expression statement.
    case printExpression
    /// StopIteration that escapes from a generator becomes RuntimeError.
    case stopIterationError
    case unaryPlus
    case asyncGeneratorWrap
    /// b: the tuple of arguments of a function of `_typing`
    case makeTypeVariable, makeParamSpec, makeTypeVariableTuple, makeTypeAlias
    /// a = type of exception b
    case exceptionType
    /// a = traceback of exception b, or None
    case exceptionTraceback
    /// a = Generic[*b]
    case makeGenericBase
    /// [b] is the exception being handled; a = None. What was handled before stays with the handler.
    case handle
    /// a = the positional arguments of a call `f(*b)`, as a tuple: b itself if it is one
    case spreadTuple
}

/// One instruction word.
@frozen public struct Instruction: Equatable, Sendable {
    public var word: UInt64

    @inlinable public init(word: UInt64) { self.word = word }

    @inlinable public init(
        _ opcode: Opcode, flags: UInt8 = 0, a: UInt16 = 0, b: UInt16 = 0, c: UInt16 = 0
    ) {
        word =
            UInt64(opcode.rawValue) | UInt64(flags) << 8 | UInt64(a) << 16 | UInt64(b) << 32
            | UInt64(c) << 48
    }

    @inlinable public init(_ opcode: Opcode, flags: UInt8 = 0, a: UInt16 = 0, wide: Int32) {
        word =
            UInt64(opcode.rawValue) | UInt64(flags) << 8 | UInt64(a) << 16
            | UInt64(UInt32(bitPattern: wide)) << 32
    }

    @inlinable public var opcode: Opcode { Opcode(rawValue: UInt8(truncatingIfNeeded: word))! }
    @inlinable public var flags: UInt8 { UInt8(truncatingIfNeeded: word >> 8) }
    @inlinable public var a: UInt16 { UInt16(truncatingIfNeeded: word >> 16) }
    @inlinable public var b: UInt16 { UInt16(truncatingIfNeeded: word >> 32) }
    @inlinable public var c: UInt16 { UInt16(truncatingIfNeeded: word >> 48) }
    @inlinable public var wide: Int32 { Int32(bitPattern: UInt32(truncatingIfNeeded: word >> 32)) }
}
