// The module `_ast`, in Python: the classes of syntax trees, made from a table of the documented grammar.
//
// The runtime has syntax trees of its own, which `compile()` turns into instances of these classes and back (Stillpoint, SyntaxTrees).
enum AstSource {
    static let text = #"""
        PyCF_ONLY_AST = 1024
        PyCF_TYPE_COMMENTS = 4096
        PyCF_ALLOW_TOP_LEVEL_AWAIT = 8192


        class AST:
            _fields = ()
            _attributes = ()
            __match_args__ = ()

            def __init__(self, *args, **kwargs):
                if len(args) > len(self._fields):
                    raise TypeError('%s constructor takes at most %d positional argument%s'
                                    % (type(self).__name__, len(self._fields), '' if len(self._fields) == 1 else 's'))
                for name, value in zip(self._fields, args):
                    setattr(self, name, value)
                for name, value in kwargs.items():
                    if name in self._fields[:len(args)]:
                        raise TypeError('%s got multiple values for argument %r' % (type(self).__name__, name))
                    setattr(self, name, value)

            def __reduce__(self):
                return type(self), (), dict(self.__dict__)


        # name, base: fields, optional ones with a question mark
        _table = '''
            operator AST:
            Add operator:
            boolop AST:
            And boolop:
            stmt AST:
            AnnAssign stmt: target annotation value? simple
            Assert stmt: test msg?
            Assign stmt: targets value type_comment?
            AsyncFor stmt: target iter body orelse type_comment?
            AsyncFunctionDef stmt: name args body decorator_list returns? type_comment?
            AsyncWith stmt: items body type_comment?
            expr AST:
            Attribute expr: value attr ctx
            AugAssign stmt: target op value
            Await expr: value
            BinOp expr: left op right
            BitAnd operator:
            BitOr operator:
            BitXor operator:
            BoolOp expr: op values
            Break stmt:
            Call expr: func args keywords
            ClassDef stmt: name bases keywords body decorator_list
            Compare expr: left ops comparators
            Constant expr: value kind?
            Continue stmt:
            expr_context AST:
            Del expr_context:
            Delete stmt: targets
            Dict expr: keys values
            DictComp expr: key value generators
            Div operator:
            cmpop AST:
            Eq cmpop:
            excepthandler AST:
            ExceptHandler excepthandler: type? name? body
            Expr stmt: value
            mod AST:
            Expression mod: body
            FloorDiv operator:
            For stmt: target iter body orelse type_comment?
            FormattedValue expr: value conversion format_spec?
            FunctionDef stmt: name args body decorator_list returns? type_comment?
            FunctionType mod: argtypes returns
            GeneratorExp expr: elt generators
            Global stmt: names
            Gt cmpop:
            GtE cmpop:
            If stmt: test body orelse
            IfExp expr: test body orelse
            Import stmt: names
            ImportFrom stmt: module? names level?
            In cmpop:
            Interactive mod: body
            unaryop AST:
            Invert unaryop:
            Is cmpop:
            IsNot cmpop:
            JoinedStr expr: values
            LShift operator:
            Lambda expr: args body
            List expr: elts ctx
            ListComp expr: elt generators
            Load expr_context:
            Lt cmpop:
            LtE cmpop:
            MatMult operator:
            Match stmt: subject cases
            pattern AST:
            MatchAs pattern: pattern? name?
            MatchClass pattern: cls patterns kwd_attrs kwd_patterns
            MatchMapping pattern: keys patterns rest?
            MatchOr pattern: patterns
            MatchSequence pattern: patterns
            MatchSingleton pattern: value
            MatchStar pattern: name?
            MatchValue pattern: value
            Mod operator:
            Module mod: body type_ignores
            Mult operator:
            Name expr: id ctx
            NamedExpr expr: target value
            Nonlocal stmt: names
            Not unaryop:
            NotEq cmpop:
            NotIn cmpop:
            Or boolop:
            Pass stmt:
            Pow operator:
            RShift operator:
            Raise stmt: exc? cause?
            Return stmt: value?
            Set expr: elts
            SetComp expr: elt generators
            Slice expr: lower? upper? step?
            Starred expr: value ctx
            Store expr_context:
            Sub operator:
            Subscript expr: value slice ctx
            Try stmt: body handlers orelse finalbody
            TryStar stmt: body handlers orelse finalbody
            Tuple expr: elts ctx
            TypeAlias stmt: name type_params value
            type_param AST:
            TypeVar type_param: name bound? default_value?
            ParamSpec type_param: name default_value?
            TypeVarTuple type_param: name default_value?
            type_ignore AST:
            TypeIgnore type_ignore: lineno tag
            UAdd unaryop:
            USub unaryop:
            UnaryOp expr: op operand
            While stmt: test body orelse
            With stmt: items body type_comment?
            Yield expr: value?
            YieldFrom expr: value
            alias AST: name asname?
            arg AST: arg annotation? type_comment?
            arguments AST: posonlyargs args vararg? kwonlyargs kw_defaults kwarg? defaults
            comprehension AST: target iter ifs is_async
            keyword AST: arg? value
            match_case AST: pattern guard? body
            withitem AST: context_expr optional_vars?
            '''

        _positions = ('lineno', 'col_offset', 'end_lineno', 'end_col_offset')
        _with_positions = ('stmt', 'expr', 'excepthandler', 'pattern', 'arg', 'keyword', 'alias', 'type_param')
        for _line in _table.strip().splitlines():
            _head, _, _rest = _line.partition(':')
            _name, _base = _head.split()
            _names = tuple(field.rstrip('?') for field in _rest.split())
            _space = {'_fields': _names, '__match_args__': _names, '__module__': 'ast'}
            for _field in _rest.split():
                if _field.endswith('?'):
                    _space[_field[:-1]] = None
            if _name in _with_positions:
                _space['_attributes'] = _positions
                _space['end_lineno'] = _space['end_col_offset'] = None
            globals()[_name] = type(_name, (globals()[_base],), _space)
        del _line, _head, _rest, _name, _base, _names, _space, _field
        """#
}
