// The module `faulthandler`, in Python: tracebacks on request. What a crash prints comes from the process itself, whether enabled or not.
enum FaultHandlerSource {
    static let text = #"""
        import sys

        _enabled = False


        def _file(file):
            if file is None:
                file = sys.stderr
                if file is None:
                    raise RuntimeError('unable to get sys.stderr')
            return file


        def _put(file, text):
            if isinstance(file, int):
                import os
                os.write(file, text.encode('utf-8', 'backslashreplace'))
            else:
                file.write(text)
                file.flush()


        def enable(file=None, all_threads=True):
            global _enabled
            _file(file)
            _enabled = True


        def disable():
            global _enabled
            was = _enabled
            _enabled = False
            return was


        def is_enabled():
            return _enabled


        def _lines(frame):
            lines = ['Stack (most recent call first):\n']
            while frame is not None:
                lines.append('  File "%s", line %s in %s\n' % (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name))
                frame = frame.f_back
            return ''.join(lines)


        def dump_traceback(file=None, all_threads=True):
            # The calling thread's own: the runtime does not show frames of threads that run.
            _put(_file(file), _lines(sys._getframe(1)))


        _timer = None


        def dump_traceback_later(timeout, repeat=False, file=None, exit=False):
            import threading
            if timeout <= 0:
                raise ValueError('timeout must be greater than 0')
            file = _file(file)
            cancel_dump_traceback_later()
            stop = threading.Event()

            def wait():
                while not stop.wait(timeout):
                    _put(file, 'Timeout (%s)!\n' % timeout)
                    if exit:
                        import os
                        os._exit(1)
                    if not repeat:
                        return
            global _timer
            _timer = stop
            threading.Thread(target=wait, daemon=True).start()


        def cancel_dump_traceback_later():
            global _timer
            if _timer is not None:
                _timer.set()
                _timer = None


        def register(signum, file=None, all_threads=True, chain=False):
            import signal
            file = _file(file)
            before = signal.getsignal(signum)

            def handler(number, frame):
                _put(file, _lines(frame) if frame is not None else _lines(sys._getframe(1)))
                if chain and callable(before):
                    before(number, frame)
            signal.signal(signum, handler)
            _registered[signum] = before


        _registered = {}


        def unregister(signum):
            import signal
            if signum not in _registered:
                return False
            signal.signal(signum, _registered.pop(signum) or signal.SIG_DFL)
            return True
        """#
}
