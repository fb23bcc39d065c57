// `_typing`: type variables and aliases, and what definitions with type parameters make.
enum TypingSource {
    static let text = #"""
        import sys as _sys


        def _idfunc(x, /):
            return x


        class _NoDefault:
            __slots__ = ()

            def __new__(cls):
                return NoDefault

            def __repr__(self):
                return 'typing.NoDefault'

            def __reduce__(self):
                return 'NoDefault'


        NoDefault = object.__new__(_NoDefault)
        _NoDefault.__name__ = _NoDefault.__qualname__ = 'NoDefaultType'
        _unset = object()


        def _caller():
            return _sys._getframemodulename(2)


        def _typing():
            import typing
            return typing


        class _Parameter:
            # A value that is computed when somebody asks for the first time. Threads that ask at once may both compute it; one result is kept.
            def _lazily(self, key, fallback):
                state = self.__dict__
                found = state.get(key, _unset)
                if found is _unset:
                    compute = state.get(key + '()')
                    found = fallback if compute is None else state.setdefault(key, compute())
                return found

            @property
            def __default__(self):
                return self._lazily('_default', NoDefault)

            def has_default(self):
                return self.__dict__.get('_default()') is not None or self.__dict__.get('_default', NoDefault) is not NoDefault

            @property
            def __name__(self):
                return self._name

            def __repr__(self):
                if self._infers:
                    return self._name
                return ('+' if self.__covariant__ else '-' if self.__contravariant__ else '~') + self._name

            def __reduce__(self):
                return self._name

            def __mro_entries__(self, bases):
                raise TypeError('Cannot subclass an instance of %s' % type(self).__name__)

            def __or__(self, right):
                return _typing().Union[self, right]

            def __ror__(self, left):
                return _typing().Union[left, self]

            def __init_subclass__(cls, *args, **kwargs):
                if cls.__module__ != 'typing' or cls.__dict__.get('_sealed', True):
                    raise TypeError("type 'typing.%s' is not an acceptable base type" % cls.__mro__[1].__name__)

            def _variance(self, covariant, contravariant, infers):
                if covariant and contravariant:
                    raise ValueError('Bivariant types are not supported.')
                if infers and (covariant or contravariant):
                    raise ValueError('Variance cannot be specified with infer_variance.')
                self.__covariant__, self.__contravariant__, self._infers = bool(covariant), bool(contravariant), bool(infers)
                self.__infer_variance__ = bool(infers)


        class TypeVar(_Parameter):
            __module__ = 'typing'
            _sealed = False

            def __init__(self, name, *constraints, bound=None, default=NoDefault, covariant=False, contravariant=False, infer_variance=False):
                if not isinstance(name, str):
                    raise TypeError("typevar() argument 'name' must be str, not %s" % type(name).__name__)
                if len(constraints) == 1:
                    raise TypeError('A single constraint is not allowed')
                if constraints and bound is not None:
                    raise TypeError('Constraints cannot be combined with bound=...')
                self._name = name
                self._variance(covariant, contravariant, infer_variance)
                if bound is not None:
                    bound = _typing()._type_check(bound, 'Bound must be a type.')
                self._bound, self._constraints, self._default = bound, constraints, default
                self.__module__ = _caller()

            @property
            def __bound__(self):
                return self._lazily('_bound', None)

            @property
            def __constraints__(self):
                return self._lazily('_constraints', ())

            def __typing_subst__(self, arg):
                return _typing()._typevar_subst(self, arg)

            def __typing_prepare_subst__(self, alias, args):
                parameters = alias.__parameters__
                index = parameters.index(self)
                if index < len(args):
                    return args
                if index == len(args) and self.has_default():
                    return tuple(args) + (self.__default__,)
                raise TypeError('Too few arguments for %r' % (alias,))


        class ParamSpecArgs:
            __module__ = 'typing'

            def __init__(self, origin):
                self.__origin__ = origin

            def __repr__(self):
                return '%s.args' % self.__origin__.__name__

            def __eq__(self, other):
                return self.__origin__ == other.__origin__ if isinstance(other, ParamSpecArgs) else NotImplemented

            def __mro_entries__(self, bases):
                raise TypeError('Cannot subclass an instance of ParamSpecArgs')


        class ParamSpecKwargs:
            __module__ = 'typing'

            def __init__(self, origin):
                self.__origin__ = origin

            def __repr__(self):
                return '%s.kwargs' % self.__origin__.__name__

            def __eq__(self, other):
                return self.__origin__ == other.__origin__ if isinstance(other, ParamSpecKwargs) else NotImplemented

            def __mro_entries__(self, bases):
                raise TypeError('Cannot subclass an instance of ParamSpecKwargs')


        class ParamSpec(_Parameter):
            __module__ = 'typing'
            _sealed = False

            def __init__(self, name, *, bound=None, default=NoDefault, covariant=False, contravariant=False, infer_variance=False):
                self._name = name
                self._variance(covariant, contravariant, infer_variance)
                self.__bound__ = bound
                self._default = default
                self.__module__ = _caller()

            @property
            def args(self):
                return ParamSpecArgs(self)

            @property
            def kwargs(self):
                return ParamSpecKwargs(self)

            def __typing_subst__(self, arg):
                return _typing()._paramspec_subst(self, arg)

            def __typing_prepare_subst__(self, alias, args):
                return _typing()._paramspec_prepare_subst(self, alias, args)


        class TypeVarTuple(_Parameter):
            __module__ = 'typing'
            _sealed = False
            _infers = True

            def __init__(self, name, *, default=NoDefault):
                self._name = name
                self._default = default
                self.__module__ = _caller()

            def __iter__(self):
                yield _typing().Unpack[self]

            def __typing_subst__(self, arg):
                raise TypeError('Substitution of bare TypeVarTuple is not supported')

            def __typing_prepare_subst__(self, alias, args):
                return _typing()._typevartuple_prepare_subst(self, alias, args)


        class Generic:
            __module__ = 'typing'
            __slots__ = ()
            _is_protocol = False

            def __class_getitem__(cls, *args, **kwargs):
                return _typing()._generic_class_getitem(cls, *args, **kwargs)

            def __init_subclass__(cls, *args, **kwargs):
                return _typing()._generic_init_subclass(cls, *args, **kwargs)


        class TypeAliasType:
            __module__ = 'typing'

            def __init__(self, name, value, *, type_params=()):
                if not isinstance(name, str):
                    raise TypeError("typealias() argument 'name' must be str, not %s" % type(name).__name__)
                if not isinstance(type_params, tuple):
                    raise TypeError('type_params must be a tuple')
                self._fill(name, type_params, _caller(), None, value)

            def _fill(self, name, parameters, module, compute, value=_unset):
                state = self.__dict__
                state.update(_name=name, _parameters=parameters, __module__=module, _compute=compute)
                if value is not _unset:
                    state['_value'] = value
                return self

            def __init_subclass__(cls, *args, **kwargs):
                raise TypeError("type 'typing.TypeAliasType' is not an acceptable base type")

            def __setattr__(self, name, value):
                if hasattr(type(self), name):
                    raise AttributeError("readonly attribute" if name != '__value__' else "attribute '__value__' of 'typing.TypeAliasType' objects is not writable")
                raise AttributeError("'typing.TypeAliasType' object has no attribute %r" % name)

            @property
            def __name__(self):
                return self._name

            @property
            def __value__(self):
                state = self.__dict__
                if '_value' not in state:
                    state.setdefault('_value', self._compute())
                return state['_value']

            @property
            def __type_params__(self):
                return self._parameters

            @property
            def __parameters__(self):
                if any(_is_tuple(p) for p in self._parameters):
                    return tuple(part for p in self._parameters for part in (p if _is_tuple(p) else (p,)))
                return self._parameters

            def __getitem__(self, args):
                if not self._parameters:
                    raise TypeError('Only generic type aliases are subscriptable')
                return type(list[int])(self, args)

            def __repr__(self):
                return self._name

            def __reduce__(self):
                return self._name

            def __or__(self, right):
                return _typing().Union[self, right]

            def __ror__(self, left):
                return _typing().Union[left, self]


        def _is_tuple(parameter):
            return type(parameter).__name__ == 'TypeVarTuple'


        # What definitions with type parameters are made of. A library whose `typing` has type variables of its own (3.11) gets instances of those.

        _classes = None


        def _kinds():
            global _classes
            if _classes is None:
                try:
                    import typing
                except ImportError:
                    _classes = TypeVar, ParamSpec, TypeVarTuple, None
                else:
                    own = getattr(typing, 'TypeVar', TypeVar) is TypeVar
                    _classes = (TypeVar, ParamSpec, TypeVarTuple, typing) if own else _older(typing)
            return _classes


        def _older(typing):
            def extended(base):
                def __init__(self, name):
                    self._name = name
                    self._variance(False, False, True)

                members = {key: value for key, value in vars(_Parameter).items() if key not in ('__dict__', '__weakref__', '__init_subclass__')}
                members.update(__init__=__init__, __module__='typing')
                if base is not typing.TypeVarTuple:
                    members['__bound__'] = property(lambda self: self._lazily('_bound', None))
                if base is typing.TypeVar:
                    members['__constraints__'] = property(lambda self: self._lazily('_constraints', ()))
                members.pop('__or__', None)
                members.pop('__ror__', None)
                return type(base)(base.__name__, (base,), members, _root=True)

            return extended(typing.TypeVar), extended(typing.ParamSpec), extended(typing.TypeVarTuple), typing


        def _new(kind, name, **later):
            if kind.__init__.__module__ == '_typing' and kind in (TypeVar, ParamSpec, TypeVarTuple):
                made = kind.__new__(kind)
                made._name = name
                made._variance(False, False, True)
            else:
                made = kind(name)
            state = made.__dict__
            for key, value in later.items():
                if value is not None:
                    state[key + '()'] = value
            state['__module__'] = _sys._getframemodulename(2)
            return made


        def _make_type_variable(name, limit, constrained, default):
            return _new(_kinds()[0], name, _bound=None if constrained else limit, _constraints=limit if constrained else None, _default=default)


        def _make_param_spec(name, default):
            return _new(_kinds()[1], name, _default=default)


        def _make_type_variable_tuple(name, default):
            return _new(_kinds()[2], name, _default=default)


        def _make_generic_base(parameters):
            typing = _kinds()[3]
            if typing is None:
                return Generic
            items = tuple(typing.Unpack[p] if _is_tuple(p) else p for p in parameters)
            return typing.Generic[items]


        def _make_type_alias(name, compute, parameters):
            return TypeAliasType.__new__(TypeAliasType)._fill(name, parameters, _sys._getframemodulename(1), compute)
        """#
}
