// The module `threading`, in Python on top of `_thread`.
public enum ThreadingSource {
    public static let text = #"""
        import _thread
        import posix as _posix
        import sys as _sys
        import time as _time
        from _weakref import ref as _ref

        Lock = _thread.lock
        RLock = _thread.RLock
        ThreadError = _thread.error
        TIMEOUT_MAX = _thread.TIMEOUT_MAX
        get_ident = _thread.get_ident
        get_native_id = _thread.get_native_id
        stack_size = _thread.stack_size

        _registry_lock = _thread.allocate_lock()
        _active = {}
        _counter = 0
        _shutting_down = False


        class _Threads:
            # The threads that are alive, for who counts them by this name of the library's.
            def __len__(self):
                return len(_active)

            def __iter__(self):
                return iter(enumerate())


        _dangling = _Threads()


        class BrokenBarrierError(RuntimeError):
            pass


        class ExceptHookArgs:
            def __init__(self, args):
                self.exc_type, self.exc_value, self.exc_traceback, self.thread = args


        def excepthook(args, /):
            if args.exc_type is SystemExit:
                return
            name = args.thread.name if args.thread is not None else get_ident()
            stderr = _sys.stderr
            if stderr is None:
                return
            print('Exception in thread ' + str(name) + ':\n' + _sys._format_exception(args.exc_value), end='', file=stderr)
            stderr.flush()


        __excepthook__ = excepthook


        def _new_number():
            global _counter
            with _registry_lock:
                _counter += 1
                return _counter


        class Condition:
            def __init__(self, lock=None):
                if lock is None:
                    lock = RLock()
                self._lock = lock
                self.acquire = lock.acquire
                self.release = lock.release
                self._waiters = []

            def __enter__(self):
                return self._lock.__enter__()

            def __exit__(self, *args):
                return self._lock.__exit__(*args)

            def __repr__(self):
                return '<Condition(%s, %d)>' % (self._lock, len(self._waiters))

            def _release_save(self):
                if isinstance(self._lock, RLock):
                    return self._lock._release_save()
                self._lock.release()

            def _acquire_restore(self, state):
                if isinstance(self._lock, RLock):
                    self._lock._acquire_restore(state)
                else:
                    self._lock.acquire()

            def _is_owned(self):
                if isinstance(self._lock, RLock):
                    return self._lock._is_owned()
                if self._lock.acquire(False):
                    self._lock.release()
                    return False
                return True

            def wait(self, timeout=None):
                if not self._is_owned():
                    raise RuntimeError('cannot wait on un-acquired lock')
                waiter = _thread.allocate_lock()
                waiter.acquire()
                self._waiters.append(waiter)
                state = self._release_save()
                got = False
                try:
                    if timeout is None:
                        waiter.acquire()
                        got = True
                    elif timeout > 0:
                        got = waiter.acquire(True, timeout)
                    else:
                        got = waiter.acquire(False)
                    return got
                finally:
                    self._acquire_restore(state)
                    if not got:
                        try:
                            self._waiters.remove(waiter)
                        except ValueError:
                            pass

            def wait_for(self, predicate, timeout=None):
                end = None
                left = timeout
                result = predicate()
                while not result:
                    if left is not None:
                        if end is None:
                            end = _time.monotonic() + left
                        else:
                            left = end - _time.monotonic()
                            if left <= 0:
                                break
                    self.wait(left)
                    result = predicate()
                return result

            def notify(self, n=1):
                if not self._is_owned():
                    raise RuntimeError('cannot notify on un-acquired lock')
                chosen = self._waiters[:n]
                del self._waiters[:n]
                for waiter in chosen:
                    waiter.release()

            def notify_all(self):
                self.notify(len(self._waiters))

            notifyAll = notify_all


        class Semaphore:
            def __init__(self, value=1):
                if value < 0:
                    raise ValueError('semaphore initial value must be >= 0')
                self._cond = Condition(Lock())
                self._value = value

            def acquire(self, blocking=True, timeout=None):
                if not blocking and timeout is not None:
                    raise ValueError("can't specify timeout for non-blocking acquire")
                end = None
                with self._cond:
                    while self._value == 0:
                        if not blocking:
                            return False
                        if timeout is not None:
                            if end is None:
                                end = _time.monotonic() + timeout
                            else:
                                timeout = end - _time.monotonic()
                                if timeout <= 0:
                                    return False
                        self._cond.wait(timeout)
                    self._value -= 1
                    return True

            __enter__ = acquire

            def release(self, n=1):
                if n < 1:
                    raise ValueError('n must be one or more')
                with self._cond:
                    self._value += n
                    self._cond.notify(n)

            def __exit__(self, t, v, tb):
                self.release()


        class BoundedSemaphore(Semaphore):
            def __init__(self, value=1):
                super().__init__(value)
                self._initial_value = value

            def release(self, n=1):
                if n < 1:
                    raise ValueError('n must be one or more')
                with self._cond:
                    if self._value + n > self._initial_value:
                        raise ValueError('Semaphore released too many times')
                    self._value += n
                    self._cond.notify(n)


        class Event:
            def __init__(self):
                self._cond = Condition(Lock())
                self._flag = False

            def is_set(self):
                return self._flag

            isSet = is_set

            def set(self):
                with self._cond:
                    self._flag = True
                    self._cond.notify_all()

            def clear(self):
                with self._cond:
                    self._flag = False

            def _at_fork_reinit(self):
                self._cond = Condition(Lock())

            def wait(self, timeout=None):
                with self._cond:
                    if not self._flag:
                        self._cond.wait_for(lambda: self._flag, timeout)
                    return self._flag


        class Barrier:
            def __init__(self, parties, action=None, timeout=None):
                if parties < 1:
                    raise ValueError('parties must be >= 1')
                self._cond = Condition(Lock())
                self._action = action
                self._timeout = timeout
                self._parties = parties
                self._state = 0  # 0 filling, 1 draining, -1 resetting, -2 broken
                self._count = 0

            def wait(self, timeout=None):
                if timeout is None:
                    timeout = self._timeout
                with self._cond:
                    while self._state in (-1, 1):
                        self._cond.wait()
                    if self._state < 0:
                        raise BrokenBarrierError
                    index = self._count
                    self._count += 1
                    try:
                        if index + 1 == self._parties:
                            try:
                                if self._action:
                                    self._action()
                                self._state = 1
                                self._cond.notify_all()
                            except:
                                self._break()
                                raise
                        else:
                            if not self._cond.wait_for(lambda: self._state != 0, timeout):
                                self._break()
                                raise BrokenBarrierError
                            if self._state < 0:
                                raise BrokenBarrierError
                        return index
                    finally:
                        self._count -= 1
                        if self._count == 0 and self._state in (-1, 1):
                            self._state = 0
                            self._cond.notify_all()

            def _break(self):
                self._state = -2
                self._cond.notify_all()

            def reset(self):
                with self._cond:
                    if self._count > 0:
                        if self._state in (0, -2):
                            self._state = -1
                    else:
                        self._state = 0
                    self._cond.notify_all()

            def abort(self):
                with self._cond:
                    self._break()

            @property
            def parties(self):
                return self._parties

            @property
            def n_waiting(self):
                return self._count if self._state == 0 else 0

            @property
            def broken(self):
                return self._state == -2


        class Thread:
            def __init__(self, group=None, target=None, name=None, args=(), kwargs=None, *, daemon=None):
                assert group is None, 'group argument must be None for now'
                if name is None:
                    name = 'Thread-' + str(_new_number())
                    if target is not None and hasattr(target, '__name__'):
                        name += ' (' + target.__name__ + ')'
                self._target = target
                self._name = str(name)
                self._args = args
                self._kwargs = {} if kwargs is None else kwargs
                if daemon and not _thread.daemon_threads_allowed():
                    raise RuntimeError('daemon threads are disabled in this (sub)interpreter')
                self._daemonic = current_thread().daemon if daemon is None else daemon
                self._ident = None
                self._native_id = None
                self._started = Event()
                self._handle = _thread._ThreadHandle()
                self._initialized = True

            def __repr__(self):
                status = 'initial'
                if self._started.is_set():
                    status = 'started' if self.is_alive() else 'stopped'
                if self._daemonic:
                    status += ' daemon'
                if self._ident is not None:
                    status += ' ' + str(self._ident)
                return '<%s(%s, %s)>' % (self.__class__.__name__, self._name, status)

            def start(self):
                if self._started.is_set():
                    raise RuntimeError('threads can only be started once')
                _thread.start_joinable_thread(self._bootstrap, handle=self._handle, daemon=self._daemonic)
                # Also over when the thread has ended without: it had no memory to begin.
                self._handle._wait_for_begin()
                if not self._started.is_set():
                    raise RuntimeError("can't start new thread")

            def run(self):
                try:
                    if self._target is not None:
                        self._target(*self._args, **self._kwargs)
                finally:
                    del self._target, self._args, self._kwargs

            def _bootstrap(self):
                self._ident = get_ident()
                self._native_id = get_native_id()
                with _registry_lock:
                    _active[self._ident] = self
                self._started.set()
                self._handle._begun()
                try:
                    self.run()
                except:
                    _report(self)
                finally:
                    with _registry_lock:
                        _active.pop(self._ident, None)

            def join(self, timeout=None):
                if not self._started.is_set():
                    raise RuntimeError('cannot join thread before it is started')
                if self is current_thread():
                    raise RuntimeError('cannot join current thread')
                self._handle.join(None if timeout is None else max(timeout, 0))

            def is_alive(self):
                return self._started.is_set() and not self._handle.is_done()

            @property
            def name(self):
                return self._name

            @name.setter
            def name(self, name):
                self._name = str(name)

            @property
            def ident(self):
                return self._ident

            @property
            def native_id(self):
                return self._native_id

            @property
            def daemon(self):
                return self._daemonic

            @daemon.setter
            def daemon(self, daemonic):
                if self._started.is_set():
                    raise RuntimeError('cannot set daemon status of active thread')
                if daemonic and not _thread.daemon_threads_allowed():
                    raise RuntimeError('daemon threads are disabled in this (sub)interpreter')
                self._daemonic = daemonic

            def getName(self):
                return self._name

            def setName(self, name):
                self._name = str(name)

            def isDaemon(self):
                return self._daemonic

            def setDaemon(self, daemonic):
                self.daemon = daemonic


        def _report(thread):
            kind, value, traceback = _sys.exc_info()
            try:
                excepthook(ExceptHookArgs((kind, value, traceback, thread)))
            except BaseException as error:
                _sys.excepthook(type(error), error, error.__traceback__)


        class Timer(Thread):
            def __init__(self, interval, function, args=None, kwargs=None):
                Thread.__init__(self)
                self.interval = interval
                self.function = function
                self.args = args if args is not None else []
                self.kwargs = kwargs if kwargs is not None else {}
                self.finished = Event()

            def cancel(self):
                self.finished.set()

            def run(self):
                self.finished.wait(self.interval)
                if not self.finished.is_set():
                    self.function(*self.args, **self.kwargs)
                self.finished.set()


        class _MainThread(Thread):
            def __init__(self):
                self._daemonic = False
                Thread.__init__(self, name='MainThread', daemon=False)
                self._started.set()
                self._ident = _thread._get_main_thread_ident()
                self._handle = _thread._make_thread_handle(self._ident)
                _active[self._ident] = self


        class _DummyThread(Thread):
            def __init__(self):
                Thread.__init__(self, name='Dummy-' + str(_new_number()), daemon=True)
                self._started.set()
                self._ident = get_ident()
                self._handle = _thread._make_thread_handle(self._ident)
                with _registry_lock:
                    _active[self._ident] = self

            def join(self, timeout=None):
                raise RuntimeError('cannot join a dummy thread')


        # One for each thread that has thread-local data; it dies with the thread, and the data goes.
        class _Token:
            pass


        class _Values(dict):
            pass


        def _thread_key():
            token = _thread._token()
            if token is None:
                token = _Token()
                token.key = _ref(token)
                _thread._set_token(token)
            return token.key


        def _add_values(table):
            weak = _ref(table)

            def ended(reference):
                table = weak()
                if table is not None:
                    table.pop(reference, None)

            own = table[_ref(_thread_key()(), ended)] = {}
            return own


        def _local_name(cls):
            return '_thread._local' if cls is local else cls.__name__


        class local:
            def __new__(cls, /, *args, **kwargs):
                if (args or kwargs) and cls.__init__ is object.__init__:
                    raise TypeError('Initialization arguments are not supported')
                self = object.__new__(cls)
                table = _Values()
                object.__setattr__(self, '_local_values', table)
                object.__setattr__(self, '_local_arguments', (args, kwargs))
                # For this thread the class calls __init__, for others the first use does.
                _add_values(table)
                return self

            def _own(self):
                table = object.__getattribute__(self, '_local_values')
                own = table.get(_thread_key())
                if own is None:
                    own = _add_values(table)
                    cls = type(self)
                    if cls.__init__ is not object.__init__:
                        args, kwargs = object.__getattribute__(self, '_local_arguments')
                        try:
                            cls.__init__(self, *args, **kwargs)
                        except BaseException:
                            table.pop(_thread_key(), None)
                            raise
                return own

            def __getattribute__(self, name):
                own = object.__getattribute__(self, '_own')()
                if name == '__dict__':
                    return own
                if name in own:
                    return own[name]
                if name in ('_local_values', '_local_arguments'):
                    raise AttributeError("'%s' object has no attribute '%s'" % (_local_name(type(self)), name))
                return object.__getattribute__(self, name)

            def __setattr__(self, name, value):
                if name == '__dict__':
                    raise AttributeError("'%s' object attribute '__dict__' is read-only" % _local_name(type(self)))
                object.__getattribute__(self, '_own')()[name] = value

            def __delattr__(self, name):
                if name == '__dict__':
                    raise AttributeError("'%s' object attribute '__dict__' is read-only" % _local_name(type(self)))
                own = object.__getattribute__(self, '_own')()
                if name not in own:
                    raise AttributeError("'%s' object has no attribute '%s'" % (_local_name(type(self)), name))
                del own[name]


        def current_thread():
            thread = _active.get(get_ident())
            return _DummyThread() if thread is None else thread


        currentThread = current_thread


        def main_thread():
            return _main_thread


        def active_count():
            return len(_active)


        activeCount = active_count


        def enumerate():
            with _registry_lock:
                return list(_active.values())


        _threading_atexits = []


        def _register_atexit(func, *args, **kwargs):
            # Called before the non-daemon threads are waited for: whoever keeps such threads tells them to end.
            if _shutting_down:
                raise RuntimeError("can't register atexit after shutdown")
            _threading_atexits.append(lambda: func(*args, **kwargs))


        def _shutdown():
            global _shutting_down
            _shutting_down = True
            for call in reversed(_threading_atexits):
                call()
            if not _main_thread._handle.is_done():
                _main_thread._handle._set_done()
            _thread._shutdown()


        _main_thread = _MainThread()


        def _after_fork():
            # In the child: this thread is the only one, and the main thread.
            global _main_thread, _registry_lock
            _registry_lock = _thread.allocate_lock()
            old = list(_active.values())
            current = _active.get(get_ident())
            _active.clear()
            if current is None:
                current = _MainThread()
            _main_thread = current
            current._started._at_fork_reinit()
            current._native_id = get_native_id()
            _active[current._ident] = current
            for thread in old:
                if thread is not current:
                    thread._started._at_fork_reinit()
                    if not thread._handle.is_done():
                        thread._handle._set_done()


        _posix.register_at_fork(after_in_child=_after_fork)
        """#
}
