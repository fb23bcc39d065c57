// The module `operator`: `_operator` under its public name, and the special-method names of its functions.
public enum OperatorSource {
    public static let text = #"""
        import _operator
        from _operator import *
        from _operator import itemgetter, attrgetter, methodcaller

        for _name in ('lt', 'le', 'eq', 'ne', 'gt', 'ge', 'add', 'sub', 'mul', 'truediv', 'floordiv', 'mod', 'pow', 'matmul',
                      'lshift', 'rshift', 'and_', 'or_', 'xor', 'neg', 'pos', 'inv', 'invert', 'abs', 'index', 'not_', 'call',
                      'concat', 'contains', 'getitem', 'setitem', 'delitem', 'iadd', 'isub', 'imul', 'itruediv', 'ifloordiv',
                      'imod', 'ipow', 'imatmul', 'ilshift', 'irshift', 'iand', 'ior', 'ixor', 'iconcat'):
            globals()['__' + _name.rstrip('_') + '__'] = getattr(_operator, _name)
        del _name
        """#
}
