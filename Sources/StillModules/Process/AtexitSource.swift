// The module `atexit`, in Python. The interpreter calls `_run_exitfuncs` when it ends, after its non-daemon threads (Interpreter.swift).
//
// Sharing   The list of calls is changed by single operations of list, so threads may register at once.
enum AtexitSource {
    static let text = #"""
        import sys as _sys

        _calls = []


        def register(func, /, *args, **kwargs):
            if not callable(func):
                raise TypeError('the first argument must be callable')
            _calls.append((func, args, kwargs))
            return func


        def unregister(func, /):
            _calls[:] = [call for call in list(_calls) if not (call[0] is func or call[0] == func)]


        def _clear():
            _calls.clear()


        def _ncallbacks():
            return len(_calls)


        class _Failure:
            def __init__(self, exc, func):
                self.exc_type = type(exc)
                self.exc_value = exc
                self.exc_traceback = exc.__traceback__
                self.err_msg = 'Exception ignored in atexit callback'
                self.object = func


        def _run_exitfuncs():
            while True:
                try:
                    func, args, kwargs = _calls.pop()
                except IndexError:
                    return
                try:
                    func(*args, **kwargs)
                except BaseException as exc:
                    _sys.unraisablehook(_Failure(exc, func))
        """#
}
