// Trees of small programs, as Python 3.13's `ast.dump` prints them.

import StillSyntax
import Testing

@Suite struct TreeTests {

    @Test(arguments: Self.expressionsCases)
    func expressions(source: String, tree: String) throws {
        #expect(dump(try parseModule(Array(source.utf8), filename: "test")) == tree)
    }

    @Test(arguments: Self.numbersCases)
    func numbers(source: String, tree: String) throws {
        #expect(dump(try parseModule(Array(source.utf8), filename: "test")) == tree)
    }

    @Test(arguments: Self.stringsCases)
    func strings(source: String, tree: String) throws {
        #expect(dump(try parseModule(Array(source.utf8), filename: "test")) == tree)
    }

    @Test(arguments: Self.statementsCases)
    func statements(source: String, tree: String) throws {
        #expect(dump(try parseModule(Array(source.utf8), filename: "test")) == tree)
    }

    @Test(arguments: Self.compoundCases)
    func compound(source: String, tree: String) throws {
        #expect(dump(try parseModule(Array(source.utf8), filename: "test")) == tree)
    }

    @Test(arguments: Self.patternsCases)
    func patterns(source: String, tree: String) throws {
        #expect(dump(try parseModule(Array(source.utf8), filename: "test")) == tree)
    }

}

extension TreeTests {
    static let expressionsCases: [(String, String)] = [
        (
            "1 + 2 * 3 ** -4 ** 5",
            "Module(body=[Expr(value=BinOp(left=Constant(value=1), op=Add(), right=BinOp(left=Constant(value=2), op=Mult(), right=BinOp(left=Constant(value=3), op=Pow(), right=UnaryOp(op=USub(), operand=BinOp(left=Constant(value=4), op=Pow(), right=Constant(value=5)))))))])"
        ),
        (
            "a or b and not c",
            "Module(body=[Expr(value=BoolOp(op=Or(), values=[Name(id='a', ctx=Load()), BoolOp(op=And(), values=[Name(id='b', ctx=Load()), UnaryOp(op=Not(), operand=Name(id='c', ctx=Load()))])]))])"
        ),
        (
            "not not x",
            "Module(body=[Expr(value=UnaryOp(op=Not(), operand=UnaryOp(op=Not(), operand=Name(id='x', ctx=Load()))))])"
        ),
        (
            "a < b <= c is not d not in e",
            "Module(body=[Expr(value=Compare(left=Name(id='a', ctx=Load()), ops=[Lt(), LtE(), IsNot(), NotIn()], comparators=[Name(id='b', ctx=Load()), Name(id='c', ctx=Load()), Name(id='d', ctx=Load()), Name(id='e', ctx=Load())]))])"
        ),
        (
            "x if y else z if w else v",
            "Module(body=[Expr(value=IfExp(test=Name(id='y', ctx=Load()), body=Name(id='x', ctx=Load()), orelse=IfExp(test=Name(id='w', ctx=Load()), body=Name(id='z', ctx=Load()), orelse=Name(id='v', ctx=Load()))))])"
        ),
        (
            "lambda: 0",
            "Module(body=[Expr(value=Lambda(args=arguments(), body=Constant(value=0)))])"
        ),
        (
            "lambda a, /, b=1, *c, d, e=2, **f: a",
            "Module(body=[Expr(value=Lambda(args=arguments(posonlyargs=[arg(arg='a')], args=[arg(arg='b')], vararg=arg(arg='c'), kwonlyargs=[arg(arg='d'), arg(arg='e')], kw_defaults=[None, Constant(value=2)], kwarg=arg(arg='f'), defaults=[Constant(value=1)]), body=Name(id='a', ctx=Load())))])"
        ),
        (
            "-x ** -y",
            "Module(body=[Expr(value=UnaryOp(op=USub(), operand=BinOp(left=Name(id='x', ctx=Load()), op=Pow(), right=UnaryOp(op=USub(), operand=Name(id='y', ctx=Load())))))])"
        ),
        (
            "a @ b // c % d",
            "Module(body=[Expr(value=BinOp(left=BinOp(left=BinOp(left=Name(id='a', ctx=Load()), op=MatMult(), right=Name(id='b', ctx=Load())), op=FloorDiv(), right=Name(id='c', ctx=Load())), op=Mod(), right=Name(id='d', ctx=Load())))])"
        ),
        (
            "(yield)",
            "Module(body=[Expr(value=Yield())])"
        ),
        (
            "await_ = 1",
            "Module(body=[Assign(targets=[Name(id='await_', ctx=Store())], value=Constant(value=1))])"
        ),
        (
            "a.b[c](d, *e, f=g, **h)[1:2:3, ..., ::]",
            "Module(body=[Expr(value=Subscript(value=Call(func=Subscript(value=Attribute(value=Name(id='a', ctx=Load()), attr='b', ctx=Load()), slice=Name(id='c', ctx=Load()), ctx=Load()), args=[Name(id='d', ctx=Load()), Starred(value=Name(id='e', ctx=Load()), ctx=Load())], keywords=[keyword(arg='f', value=Name(id='g', ctx=Load())), keyword(value=Name(id='h', ctx=Load()))]), slice=Tuple(elts=[Slice(lower=Constant(value=1), upper=Constant(value=2), step=Constant(value=3)), Constant(value=Ellipsis), Slice()], ctx=Load()), ctx=Load()))])"
        ),
        (
            "x[*a, b]",
            "Module(body=[Expr(value=Subscript(value=Name(id='x', ctx=Load()), slice=Tuple(elts=[Starred(value=Name(id='a', ctx=Load()), ctx=Load()), Name(id='b', ctx=Load())], ctx=Load()), ctx=Load()))])"
        ),
        (
            "(x := 5)",
            "Module(body=[Expr(value=NamedExpr(target=Name(id='x', ctx=Store()), value=Constant(value=5)))])"
        ),
        (
            "f(x := 5)",
            "Module(body=[Expr(value=Call(func=Name(id='f', ctx=Load()), args=[NamedExpr(target=Name(id='x', ctx=Store()), value=Constant(value=5))]))])"
        ),
        (
            "[i for i in a if b if c for j in d]",
            "Module(body=[Expr(value=ListComp(elt=Name(id='i', ctx=Load()), generators=[comprehension(target=Name(id='i', ctx=Store()), iter=Name(id='a', ctx=Load()), ifs=[Name(id='b', ctx=Load()), Name(id='c', ctx=Load())], is_async=0), comprehension(target=Name(id='j', ctx=Store()), iter=Name(id='d', ctx=Load()), is_async=0)]))])"
        ),
        (
            "{**a, 'b': 1}",
            "Module(body=[Expr(value=Dict(keys=[None, Constant(value='b')], values=[Name(id='a', ctx=Load()), Constant(value=1)]))])"
        ),
        (
            "{1, *a}",
            "Module(body=[Expr(value=Set(elts=[Constant(value=1), Starred(value=Name(id='a', ctx=Load()), ctx=Load())]))])"
        ),
        (
            "{k: v for k, v in x}",
            "Module(body=[Expr(value=DictComp(key=Name(id='k', ctx=Load()), value=Name(id='v', ctx=Load()), generators=[comprehension(target=Tuple(elts=[Name(id='k', ctx=Store()), Name(id='v', ctx=Store())], ctx=Store()), iter=Name(id='x', ctx=Load()), is_async=0)]))])"
        ),
        (
            "f(x for x in y)",
            "Module(body=[Expr(value=Call(func=Name(id='f', ctx=Load()), args=[GeneratorExp(elt=Name(id='x', ctx=Load()), generators=[comprehension(target=Name(id='x', ctx=Store()), iter=Name(id='y', ctx=Load()), is_async=0)])]))])"
        ),
        (
            "()",
            "Module(body=[Expr(value=Tuple(ctx=Load()))])"
        ),
        (
            "(a,)",
            "Module(body=[Expr(value=Tuple(elts=[Name(id='a', ctx=Load())], ctx=Load()))])"
        ),
        (
            "[*a, b]",
            "Module(body=[Expr(value=List(elts=[Starred(value=Name(id='a', ctx=Load()), ctx=Load()), Name(id='b', ctx=Load())], ctx=Load()))])"
        ),
        (
            "x[a:=1]",
            "Module(body=[Expr(value=Subscript(value=Name(id='x', ctx=Load()), slice=NamedExpr(target=Name(id='a', ctx=Store()), value=Constant(value=1)), ctx=Load()))])"
        ),
        (
            "a if b else lambda: c",
            "Module(body=[Expr(value=IfExp(test=Name(id='b', ctx=Load()), body=Name(id='a', ctx=Load()), orelse=Lambda(args=arguments(), body=Name(id='c', ctx=Load()))))])"
        ),
        (
            "1if x else 2",
            "Module(body=[Expr(value=IfExp(test=Name(id='x', ctx=Load()), body=Constant(value=1), orelse=Constant(value=2)))])"
        ),
        (
            "~-+a",
            "Module(body=[Expr(value=UnaryOp(op=Invert(), operand=UnaryOp(op=USub(), operand=UnaryOp(op=UAdd(), operand=Name(id='a', ctx=Load())))))])"
        ),
    ]
    static let numbersCases: [(String, String)] = [
        (
            "0",
            "Module(body=[Expr(value=Constant(value=0))])"
        ),
        (
            "0x_ff",
            "Module(body=[Expr(value=Constant(value=255))])"
        ),
        (
            "0o17",
            "Module(body=[Expr(value=Constant(value=15))])"
        ),
        (
            "0b1010",
            "Module(body=[Expr(value=Constant(value=10))])"
        ),
        (
            "1_000_000",
            "Module(body=[Expr(value=Constant(value=1000000))])"
        ),
        (
            "9223372036854775807",
            "Module(body=[Expr(value=Constant(value=9223372036854775807))])"
        ),
        (
            "9223372036854775808",
            "Module(body=[Expr(value=Constant(value=9223372036854775808))])"
        ),
        (
            "0xffffffffffffffffffff",
            "Module(body=[Expr(value=Constant(value=1208925819614629174706175))])"
        ),
        (
            "0b10000000000000000000000000000000000000000000000000000000000000000000000",
            "Module(body=[Expr(value=Constant(value=1180591620717411303424))])"
        ),
        (
            "1e5",
            "Module(body=[Expr(value=Constant(value=100000.0))])"
        ),
        (
            "1.",
            "Module(body=[Expr(value=Constant(value=1.0))])"
        ),
        (
            "0.1",
            "Module(body=[Expr(value=Constant(value=0.1))])"
        ),
        (
            "1_0.0_1e-1_0",
            "Module(body=[Expr(value=Constant(value=1.001e-09))])"
        ),
        (
            "1e400",
            "Module(body=[Expr(value=Constant(value=inf))])"
        ),
        (
            "3j",
            "Module(body=[Expr(value=Constant(value=3j))])"
        ),
        (
            "0777.5",
            "Module(body=[Expr(value=Constant(value=777.5))])"
        ),
        (
            "00",
            "Module(body=[Expr(value=Constant(value=0))])"
        ),
        (
            "1e16",
            "Module(body=[Expr(value=Constant(value=1e+16))])"
        ),
        (
            "1.5e-7",
            "Module(body=[Expr(value=Constant(value=1.5e-07))])"
        ),
        (
            "123456789012345680.0",
            "Module(body=[Expr(value=Constant(value=1.2345678901234568e+17))])"
        ),
    ]
    static let stringsCases: [(String, String)] = [
        (
            "'a' \"b\"",
            "Module(body=[Expr(value=Constant(value='ab'))])"
        ),
        (
            "u'x' 'y'",
            "Module(body=[Expr(value=Constant(value='xy', kind='u'))])"
        ),
        (
            "b'\\x00\\xff\\n' b'q'",
            "Module(body=[Expr(value=Constant(value=b'\\x00\\xff\\nq'))])"
        ),
        (
            "r'\\n'",
            "Module(body=[Expr(value=Constant(value='\\\\n'))])"
        ),
        (
            "'\\x41\\u00e9\\U0001F600\\N{BULLET}\\101\\q'",
            "Module(body=[Expr(value=Constant(value='Aé😀•A\\\\q'))])"
        ),
        (
            "'\\ud800'",
            "Module(body=[Expr(value=Constant(value='\\ud800'))])"
        ),
        (
            "'''a\nb'''",
            "Module(body=[Expr(value=Constant(value='a\\nb'))])"
        ),
        (
            "'a\\\nb'",
            "Module(body=[Expr(value=Constant(value='ab'))])"
        ),
        (
            "f'a{b}c'",
            "Module(body=[Expr(value=JoinedStr(values=[Constant(value='a'), FormattedValue(value=Name(id='b', ctx=Load()), conversion=-1), Constant(value='c')]))])"
        ),
        (
            "f'{a!r:>{w}}'",
            "Module(body=[Expr(value=JoinedStr(values=[FormattedValue(value=Name(id='a', ctx=Load()), conversion=114, format_spec=JoinedStr(values=[Constant(value='>'), FormattedValue(value=Name(id='w', ctx=Load()), conversion=-1)]))]))])"
        ),
        (
            "f'{x = }'",
            "Module(body=[Expr(value=JoinedStr(values=[Constant(value='x = '), FormattedValue(value=Name(id='x', ctx=Load()), conversion=114)]))])"
        ),
        (
            "f'{x=!s:^5}'",
            "Module(body=[Expr(value=JoinedStr(values=[Constant(value='x='), FormattedValue(value=Name(id='x', ctx=Load()), conversion=115, format_spec=JoinedStr(values=[Constant(value='^5')]))]))])"
        ),
        (
            "f'{{}}{a}}}'",
            "Module(body=[Expr(value=JoinedStr(values=[Constant(value='{}'), FormattedValue(value=Name(id='a', ctx=Load()), conversion=-1), Constant(value='}')]))])"
        ),
        (
            "f'{a[\"b\"]}' 'c' f'{d}'",
            "Module(body=[Expr(value=JoinedStr(values=[FormattedValue(value=Subscript(value=Name(id='a', ctx=Load()), slice=Constant(value='b'), ctx=Load()), conversion=-1), Constant(value='c'), FormattedValue(value=Name(id='d', ctx=Load()), conversion=-1)]))])"
        ),
        (
            "f'{f\"{1}\"}'",
            "Module(body=[Expr(value=JoinedStr(values=[FormattedValue(value=JoinedStr(values=[FormattedValue(value=Constant(value=1), conversion=-1)]), conversion=-1)]))])"
        ),
        (
            "rf'\\{x}\\d'",
            "Module(body=[Expr(value=JoinedStr(values=[Constant(value='\\\\'), FormattedValue(value=Name(id='x', ctx=Load()), conversion=-1), Constant(value='\\\\d')]))])"
        ),
        (
            "f'''{\nx\n}'''",
            "Module(body=[Expr(value=JoinedStr(values=[FormattedValue(value=Name(id='x', ctx=Load()), conversion=-1)]))])"
        ),
        (
            "f'{x:%H:%M}'",
            "Module(body=[Expr(value=JoinedStr(values=[FormattedValue(value=Name(id='x', ctx=Load()), conversion=-1, format_spec=JoinedStr(values=[Constant(value='%H:%M')]))]))])"
        ),
        (
            "f'{x:{y}{z}}'",
            "Module(body=[Expr(value=JoinedStr(values=[FormattedValue(value=Name(id='x', ctx=Load()), conversion=-1, format_spec=JoinedStr(values=[FormattedValue(value=Name(id='y', ctx=Load()), conversion=-1), FormattedValue(value=Name(id='z', ctx=Load()), conversion=-1)]))]))])"
        ),
        (
            "f'{lambda_:x}'",
            "Module(body=[Expr(value=JoinedStr(values=[FormattedValue(value=Name(id='lambda_', ctx=Load()), conversion=-1, format_spec=JoinedStr(values=[Constant(value='x')]))]))])"
        ),
        (
            "f'\\N{BULLET}{x}'",
            "Module(body=[Expr(value=JoinedStr(values=[Constant(value='•'), FormattedValue(value=Name(id='x', ctx=Load()), conversion=-1)]))])"
        ),
        (
            "f'{a:}'",
            "Module(body=[Expr(value=JoinedStr(values=[FormattedValue(value=Name(id='a', ctx=Load()), conversion=-1, format_spec=JoinedStr())]))])"
        ),
        (
            "f''",
            "Module(body=[Expr(value=JoinedStr())])"
        ),
        (
            "'' f'' ''",
            "Module(body=[Expr(value=JoinedStr())])"
        ),
    ]
    static let statementsCases: [(String, String)] = [
        (
            "x = y = 1",
            "Module(body=[Assign(targets=[Name(id='x', ctx=Store()), Name(id='y', ctx=Store())], value=Constant(value=1))])"
        ),
        (
            "x: int",
            "Module(body=[AnnAssign(target=Name(id='x', ctx=Store()), annotation=Name(id='int', ctx=Load()), simple=1)])"
        ),
        (
            "x: int = 1",
            "Module(body=[AnnAssign(target=Name(id='x', ctx=Store()), annotation=Name(id='int', ctx=Load()), value=Constant(value=1), simple=1)])"
        ),
        (
            "(x): int = 1",
            "Module(body=[AnnAssign(target=Name(id='x', ctx=Store()), annotation=Name(id='int', ctx=Load()), value=Constant(value=1), simple=0)])"
        ),
        (
            "a.b: c",
            "Module(body=[AnnAssign(target=Attribute(value=Name(id='a', ctx=Load()), attr='b', ctx=Store()), annotation=Name(id='c', ctx=Load()), simple=0)])"
        ),
        (
            "a, *b = c",
            "Module(body=[Assign(targets=[Tuple(elts=[Name(id='a', ctx=Store()), Starred(value=Name(id='b', ctx=Store()), ctx=Store())], ctx=Store())], value=Name(id='c', ctx=Load()))])"
        ),
        (
            "x += 1",
            "Module(body=[AugAssign(target=Name(id='x', ctx=Store()), op=Add(), value=Constant(value=1))])"
        ),
        (
            "x @= y",
            "Module(body=[AugAssign(target=Name(id='x', ctx=Store()), op=MatMult(), value=Name(id='y', ctx=Load()))])"
        ),
        (
            "del a, b[c], (d, e)",
            "Module(body=[Delete(targets=[Name(id='a', ctx=Del()), Subscript(value=Name(id='b', ctx=Load()), slice=Name(id='c', ctx=Load()), ctx=Del()), Tuple(elts=[Name(id='d', ctx=Del()), Name(id='e', ctx=Del())], ctx=Del())])])"
        ),
        (
            "return",
            "Module(body=[Return()])"
        ),
        (
            "return a, *b",
            "Module(body=[Return(value=Tuple(elts=[Name(id='a', ctx=Load()), Starred(value=Name(id='b', ctx=Load()), ctx=Load())], ctx=Load()))])"
        ),
        (
            "raise",
            "Module(body=[Raise()])"
        ),
        (
            "raise A from B",
            "Module(body=[Raise(exc=Name(id='A', ctx=Load()), cause=Name(id='B', ctx=Load()))])"
        ),
        (
            "global a, b",
            "Module(body=[Global(names=['a', 'b'])])"
        ),
        (
            "nonlocal a",
            "Module(body=[Nonlocal(names=['a'])])"
        ),
        (
            "assert a, b",
            "Module(body=[Assert(test=Name(id='a', ctx=Load()), msg=Name(id='b', ctx=Load()))])"
        ),
        (
            "import a.b as c, d",
            "Module(body=[Import(names=[alias(name='a.b', asname='c'), alias(name='d')])])"
        ),
        (
            "from . import x",
            "Module(body=[ImportFrom(names=[alias(name='x')], level=1)])"
        ),
        (
            "from ...a.b import (c as d, e,)",
            "Module(body=[ImportFrom(module='a.b', names=[alias(name='c', asname='d'), alias(name='e')], level=3)])"
        ),
        (
            "from a import *",
            "Module(body=[ImportFrom(module='a', names=[alias(name='*')], level=0)])"
        ),
        (
            "pass; break; continue;",
            "Module(body=[Pass(), Break(), Continue()])"
        ),
        (
            "type X[T: int, *Ts, **P] = list[T]",
            "Module(body=[TypeAlias(name=Name(id='X', ctx=Store()), type_params=[TypeVar(name='T', bound=Name(id='int', ctx=Load())), TypeVarTuple(name='Ts'), ParamSpec(name='P')], value=Subscript(value=Name(id='list', ctx=Load()), slice=Name(id='T', ctx=Load()), ctx=Load()))])"
        ),
        (
            "type = 1",
            "Module(body=[Assign(targets=[Name(id='type', ctx=Store())], value=Constant(value=1))])"
        ),
        (
            "type(x)",
            "Module(body=[Expr(value=Call(func=Name(id='type', ctx=Load()), args=[Name(id='x', ctx=Load())]))])"
        ),
        (
            "match = case = 1",
            "Module(body=[Assign(targets=[Name(id='match', ctx=Store()), Name(id='case', ctx=Store())], value=Constant(value=1))])"
        ),
        (
            "match(x)",
            "Module(body=[Expr(value=Call(func=Name(id='match', ctx=Load()), args=[Name(id='x', ctx=Load())]))])"
        ),
        (
            "match[x]",
            "Module(body=[Expr(value=Subscript(value=Name(id='match', ctx=Load()), slice=Name(id='x', ctx=Load()), ctx=Load()))])"
        ),
        (
            "match.x",
            "Module(body=[Expr(value=Attribute(value=Name(id='match', ctx=Load()), attr='x', ctx=Load()))])"
        ),
        (
            "print(x)",
            "Module(body=[Expr(value=Call(func=Name(id='print', ctx=Load()), args=[Name(id='x', ctx=Load())]))])"
        ),
    ]
    static let compoundCases: [(String, String)] = [
        (
            "if a: pass\nelif b: pass\nelse: pass",
            "Module(body=[If(test=Name(id='a', ctx=Load()), body=[Pass()], orelse=[If(test=Name(id='b', ctx=Load()), body=[Pass()], orelse=[Pass()])])])"
        ),
        (
            "while a:\n  b\nelse:\n  c",
            "Module(body=[While(test=Name(id='a', ctx=Load()), body=[Expr(value=Name(id='b', ctx=Load()))], orelse=[Expr(value=Name(id='c', ctx=Load()))])])"
        ),
        (
            "for a, b in c, d: pass\nelse: pass",
            "Module(body=[For(target=Tuple(elts=[Name(id='a', ctx=Store()), Name(id='b', ctx=Store())], ctx=Store()), iter=Tuple(elts=[Name(id='c', ctx=Load()), Name(id='d', ctx=Load())], ctx=Load()), body=[Pass()], orelse=[Pass()])])"
        ),
        (
            "async def f():\n  async for x in y: await z\n  async with a as b, c: pass\n  return [x async for x in y]",
            "Module(body=[AsyncFunctionDef(name='f', args=arguments(), body=[AsyncFor(target=Name(id='x', ctx=Store()), iter=Name(id='y', ctx=Load()), body=[Expr(value=Await(value=Name(id='z', ctx=Load())))]), AsyncWith(items=[withitem(context_expr=Name(id='a', ctx=Load()), optional_vars=Name(id='b', ctx=Store())), withitem(context_expr=Name(id='c', ctx=Load()))], body=[Pass()]), Return(value=ListComp(elt=Name(id='x', ctx=Load()), generators=[comprehension(target=Name(id='x', ctx=Store()), iter=Name(id='y', ctx=Load()), is_async=1)]))])])"
        ),
        (
            "with a, b as c: pass",
            "Module(body=[With(items=[withitem(context_expr=Name(id='a', ctx=Load())), withitem(context_expr=Name(id='b', ctx=Load()), optional_vars=Name(id='c', ctx=Store()))], body=[Pass()])])"
        ),
        (
            "with (a, b as c,): pass",
            "Module(body=[With(items=[withitem(context_expr=Name(id='a', ctx=Load())), withitem(context_expr=Name(id='b', ctx=Load()), optional_vars=Name(id='c', ctx=Store()))], body=[Pass()])])"
        ),
        (
            "with (a, b): pass",
            "Module(body=[With(items=[withitem(context_expr=Name(id='a', ctx=Load())), withitem(context_expr=Name(id='b', ctx=Load()))], body=[Pass()])])"
        ),
        (
            "with (a): pass",
            "Module(body=[With(items=[withitem(context_expr=Name(id='a', ctx=Load()))], body=[Pass()])])"
        ),
        (
            "with (a) as b: pass",
            "Module(body=[With(items=[withitem(context_expr=Name(id='a', ctx=Load()), optional_vars=Name(id='b', ctx=Store()))], body=[Pass()])])"
        ),
        (
            "with (a, b) as c: pass",
            "Module(body=[With(items=[withitem(context_expr=Tuple(elts=[Name(id='a', ctx=Load()), Name(id='b', ctx=Load())], ctx=Load()), optional_vars=Name(id='c', ctx=Store()))], body=[Pass()])])"
        ),
        (
            "with (yield): pass",
            "Module(body=[With(items=[withitem(context_expr=Yield())], body=[Pass()])])"
        ),
        (
            "try: a\nexcept B: b\nexcept C as d: c\nelse: e\nfinally: f",
            "Module(body=[Try(body=[Expr(value=Name(id='a', ctx=Load()))], handlers=[ExceptHandler(type=Name(id='B', ctx=Load()), body=[Expr(value=Name(id='b', ctx=Load()))]), ExceptHandler(type=Name(id='C', ctx=Load()), name='d', body=[Expr(value=Name(id='c', ctx=Load()))])], orelse=[Expr(value=Name(id='e', ctx=Load()))], finalbody=[Expr(value=Name(id='f', ctx=Load()))])])"
        ),
        (
            "try: a\nexcept* B as c: d",
            "Module(body=[TryStar(body=[Expr(value=Name(id='a', ctx=Load()))], handlers=[ExceptHandler(type=Name(id='B', ctx=Load()), name='c', body=[Expr(value=Name(id='d', ctx=Load()))])])])"
        ),
        (
            "try: a\nfinally: b",
            "Module(body=[Try(body=[Expr(value=Name(id='a', ctx=Load()))], finalbody=[Expr(value=Name(id='b', ctx=Load()))])])"
        ),
        (
            "@a.b\n@c(d)\ndef f[T=int](a: int, /, b=1, *args: *Ts, c, d=2, **k) -> int: pass",
            "Module(body=[FunctionDef(name='f', args=arguments(posonlyargs=[arg(arg='a', annotation=Name(id='int', ctx=Load()))], args=[arg(arg='b')], vararg=arg(arg='args', annotation=Starred(value=Name(id='Ts', ctx=Load()), ctx=Load())), kwonlyargs=[arg(arg='c'), arg(arg='d')], kw_defaults=[None, Constant(value=2)], kwarg=arg(arg='k'), defaults=[Constant(value=1)]), body=[Pass()], decorator_list=[Attribute(value=Name(id='a', ctx=Load()), attr='b', ctx=Load()), Call(func=Name(id='c', ctx=Load()), args=[Name(id='d', ctx=Load())])], returns=Name(id='int', ctx=Load()), type_params=[TypeVar(name='T', default_value=Name(id='int', ctx=Load()))])])"
        ),
        (
            "class A[T](B, metaclass=C, *d, **e):\n  x = 1\n  def f(self): pass",
            "Module(body=[ClassDef(name='A', bases=[Name(id='B', ctx=Load()), Starred(value=Name(id='d', ctx=Load()), ctx=Load())], keywords=[keyword(arg='metaclass', value=Name(id='C', ctx=Load())), keyword(value=Name(id='e', ctx=Load()))], body=[Assign(targets=[Name(id='x', ctx=Store())], value=Constant(value=1)), FunctionDef(name='f', args=arguments(args=[arg(arg='self')]), body=[Pass()])], type_params=[TypeVar(name='T')])])"
        ),
        (
            "if x:\n\ty\n\tif z:\n\t  w\n# comment\nv",
            "Module(body=[If(test=Name(id='x', ctx=Load()), body=[Expr(value=Name(id='y', ctx=Load())), If(test=Name(id='z', ctx=Load()), body=[Expr(value=Name(id='w', ctx=Load()))])]), Expr(value=Name(id='v', ctx=Load()))])"
        ),
    ]
    static let patternsCases: [(String, String)] = [
        (
            "match x:\n case 1 | -2.5 | 3+4j: a\n case 'a' 'b' | None | True: b\n case a.b.c: c\n case [a, *_, b] | (c, *d): d\n case {'k': v, 1: 2, **rest}: e\n case A.B(x, y, z=1, w=_): f\n case (a | b) as c if c > 1: g\n case _: h",
            "Module(body=[Match(subject=Name(id='x', ctx=Load()), cases=[match_case(pattern=MatchOr(patterns=[MatchValue(value=Constant(value=1)), MatchValue(value=UnaryOp(op=USub(), operand=Constant(value=2.5))), MatchValue(value=BinOp(left=Constant(value=3), op=Add(), right=Constant(value=4j)))]), body=[Expr(value=Name(id='a', ctx=Load()))]), match_case(pattern=MatchOr(patterns=[MatchValue(value=Constant(value='ab')), MatchSingleton(value=None), MatchSingleton(value=True)]), body=[Expr(value=Name(id='b', ctx=Load()))]), match_case(pattern=MatchValue(value=Attribute(value=Attribute(value=Name(id='a', ctx=Load()), attr='b', ctx=Load()), attr='c', ctx=Load())), body=[Expr(value=Name(id='c', ctx=Load()))]), match_case(pattern=MatchOr(patterns=[MatchSequence(patterns=[MatchAs(name='a'), MatchStar(), MatchAs(name='b')]), MatchSequence(patterns=[MatchAs(name='c'), MatchStar(name='d')])]), body=[Expr(value=Name(id='d', ctx=Load()))]), match_case(pattern=MatchMapping(keys=[Constant(value='k'), Constant(value=1)], patterns=[MatchAs(name='v'), MatchValue(value=Constant(value=2))], rest='rest'), body=[Expr(value=Name(id='e', ctx=Load()))]), match_case(pattern=MatchClass(cls=Attribute(value=Name(id='A', ctx=Load()), attr='B', ctx=Load()), patterns=[MatchAs(name='x'), MatchAs(name='y')], kwd_attrs=['z', 'w'], kwd_patterns=[MatchValue(value=Constant(value=1)), MatchAs()]), body=[Expr(value=Name(id='f', ctx=Load()))]), match_case(pattern=MatchAs(pattern=MatchOr(patterns=[MatchAs(name='a'), MatchAs(name='b')]), name='c'), guard=Compare(left=Name(id='c', ctx=Load()), ops=[Gt()], comparators=[Constant(value=1)]), body=[Expr(value=Name(id='g', ctx=Load()))]), match_case(pattern=MatchAs(), body=[Expr(value=Name(id='h', ctx=Load()))])])])"
        ),
        (
            "match x, y:\n case a, b: pass\n case (): pass\n case []: pass\n case {}: pass\n case A(): pass",
            "Module(body=[Match(subject=Tuple(elts=[Name(id='x', ctx=Load()), Name(id='y', ctx=Load())], ctx=Load()), cases=[match_case(pattern=MatchSequence(patterns=[MatchAs(name='a'), MatchAs(name='b')]), body=[Pass()]), match_case(pattern=MatchSequence(), body=[Pass()]), match_case(pattern=MatchSequence(), body=[Pass()]), match_case(pattern=MatchMapping(), body=[Pass()]), match_case(pattern=MatchClass(cls=Name(id='A', ctx=Load())), body=[Pass()])])])"
        ),
        (
            "match *a, b:\n case *c, d: pass",
            "Module(body=[Match(subject=Tuple(elts=[Starred(value=Name(id='a', ctx=Load()), ctx=Load()), Name(id='b', ctx=Load())], ctx=Load()), cases=[match_case(pattern=MatchSequence(patterns=[MatchStar(name='c'), MatchAs(name='d')]), body=[Pass()])])])"
        ),
        (
            "match match:\n case case: pass",
            "Module(body=[Match(subject=Name(id='match', ctx=Load()), cases=[match_case(pattern=MatchAs(name='case'), body=[Pass()])])])"
        ),
        (
            "match -x:\n case -1: pass",
            "Module(body=[Match(subject=UnaryOp(op=USub(), operand=Name(id='x', ctx=Load())), cases=[match_case(pattern=MatchValue(value=UnaryOp(op=USub(), operand=Constant(value=1))), body=[Pass()])])])"
        ),
    ]
}
