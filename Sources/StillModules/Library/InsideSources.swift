// `_imp` and `_opcode` in Python: what the library asks an interpreter about itself.
enum InsideSources {
    /// No module is frozen, and none is an extension of the process that Python could load.
    static let imp = #"""
        import sys

        check_hash_based_pycs = 'default'
        pyc_magic_number_token = 168627187


        def extension_suffixes():
            return []


        def is_builtin(name):
            return 1 if name in sys.builtin_module_names else 0


        def is_frozen(name):
            return False


        def is_frozen_package(name):
            raise ImportError('No such frozen object named %s' % name, name=name)


        def find_frozen(name, /, *, withdata=False):
            return None


        def init_frozen(name):
            return None


        def get_frozen_object(name, data=None, /):
            raise ImportError('No such frozen object named %s' % name, name=name)


        def create_builtin(spec):
            if not is_builtin(spec.name):
                return None
            return __import__(spec.name)


        def exec_builtin(module):
            return 0


        def create_dynamic(spec, file=None):
            raise ImportError('extension modules are not supported', name=spec.name, path=spec.origin)


        # Each module is claimed by itself: there is no lock over all imports.
        def lock_held():
            return False


        def acquire_lock():
            pass


        def release_lock():
            pass


        def source_hash(key, source):
            import hashlib
            return hashlib.blake2b(source, digest_size=8, key=key.to_bytes(8, 'little')).digest()


        def _override_frozen_modules_for_tests(override):
            pass


        def _override_multi_interp_extensions_check(override):
            return 0
        """#

    /// The instructions that the library's tables name are those of CPython. The runtime's own are different ones, on registers.
    static let opcode = #"""
        from _opcode_metadata import opmap as _map, HAVE_ARGUMENT as _first


        def _numbers(*names):
            return frozenset(_map[name] for name in names if name in _map)


        _const = _numbers('LOAD_CONST', 'RETURN_CONST')
        _name = _numbers(
            'DELETE_ATTR', 'DELETE_GLOBAL', 'DELETE_NAME', 'IMPORT_FROM', 'IMPORT_NAME', 'LOAD_ATTR', 'LOAD_FROM_DICT_OR_GLOBALS',
            'LOAD_GLOBAL', 'LOAD_NAME', 'LOAD_SUPER_ATTR', 'STORE_ATTR', 'STORE_GLOBAL', 'STORE_NAME')
        _jump = _numbers(
            'FOR_ITER', 'JUMP', 'JUMP_BACKWARD', 'JUMP_BACKWARD_NO_INTERRUPT', 'JUMP_FORWARD', 'JUMP_NO_INTERRUPT', 'POP_JUMP_IF_FALSE',
            'POP_JUMP_IF_NONE', 'POP_JUMP_IF_NOT_NONE', 'POP_JUMP_IF_TRUE', 'SEND')
        _free = _numbers('COPY_FREE_VARS', 'DELETE_DEREF', 'LOAD_CLOSURE', 'LOAD_DEREF', 'LOAD_FROM_DICT_OR_DEREF', 'MAKE_CELL', 'STORE_DEREF')
        _local = _numbers(
            'DELETE_FAST', 'LOAD_FAST', 'LOAD_FAST_AND_CLEAR', 'LOAD_FAST_CHECK', 'LOAD_FAST_LOAD_FAST', 'STORE_FAST', 'STORE_FAST_LOAD_FAST',
            'STORE_FAST_MAYBE_NULL', 'STORE_FAST_STORE_FAST')
        _exc = _numbers('SETUP_CLEANUP', 'SETUP_FINALLY', 'SETUP_WITH')
        _valid = frozenset(_map.values())


        def is_valid(opcode):
            return opcode in _valid


        def has_arg(opcode):
            return opcode in _valid and opcode > _first


        def has_const(opcode):
            return opcode in _const


        def has_name(opcode):
            return opcode in _name


        def has_jump(opcode):
            return opcode in _jump


        def has_free(opcode):
            return opcode in _free


        def has_local(opcode):
            return opcode in _local


        def has_exc(opcode):
            return opcode in _exc


        def stack_effect(opcode, oparg=None, /, *, jump=None):
            raise NotImplementedError("stack_effect() is not supported: the runtime's instructions work on registers")


        def get_executor(code, offset):
            raise ValueError('no executor exist at address %d' % offset)


        def get_specialization_stats():
            return None


        def get_nb_ops():
            names = ('ADD + AND & FLOOR_DIVIDE // LSHIFT << MATRIX_MULTIPLY @ MULTIPLY * REMAINDER % OR | POWER ** RSHIFT >> '
                     'SUBTRACT - TRUE_DIVIDE / XOR ^').split()
            pairs = list(zip(names[::2], names[1::2]))
            return [('NB_' + name, sign) for name, sign in pairs] + [('NB_INPLACE_' + name, sign + '=') for name, sign in pairs]


        def get_intrinsic1_descs():
            return ['INTRINSIC_1_INVALID', 'INTRINSIC_PRINT', 'INTRINSIC_IMPORT_STAR', 'INTRINSIC_STOPITERATION_ERROR', 'INTRINSIC_ASYNC_GEN_WRAP',
                    'INTRINSIC_UNARY_POSITIVE', 'INTRINSIC_LIST_TO_TUPLE', 'INTRINSIC_TYPEVAR', 'INTRINSIC_PARAMSPEC', 'INTRINSIC_TYPEVARTUPLE',
                    'INTRINSIC_SUBSCRIPT_GENERIC', 'INTRINSIC_TYPEALIAS']


        def get_intrinsic2_descs():
            return ['INTRINSIC_2_INVALID', 'INTRINSIC_PREP_RERAISE_STAR', 'INTRINSIC_TYPEVAR_WITH_BOUND', 'INTRINSIC_TYPEVAR_WITH_CONSTRAINTS',
                    'INTRINSIC_SET_FUNCTION_TYPE_PARAMS', 'INTRINSIC_SET_TYPEPARAM_DEFAULT']
        """#
}
