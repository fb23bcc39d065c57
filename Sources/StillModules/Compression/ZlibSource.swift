// The Python part of `zlib`.
//
// An object's stream takes one step at a time, whoever calls; what is left of a decompressor's input is kept under a lock of its own, so that
// threads that share one never lose any.

enum ZlibSource {
    static let text = #"""
        from _thread import allocate_lock as _lock


        class error(Exception):
            pass


        error.__module__ = 'zlib'
        _texts = {-6: 'library version mismatch', -5: 'incomplete or truncated stream', -2: 'inconsistent stream state', -3: 'invalid input data'}


        def _fail(code, message, doing):
            if message is None:
                message = _texts.get(code)
            return error('Error %d %s' % (code, doing) if message is None else 'Error %d %s: %s' % (code, doing, message))


        def _open(*settings):
            stream = _stream(*settings)
            if type(stream) is tuple:
                if stream[0] == -4:
                    raise MemoryError("Can't allocate memory for a stream")
                if stream[0] == -2:
                    raise ValueError('Invalid initialization option')
                raise _fail(*stream, 'while creating a stream')
            return stream


        def _copied(stream, doing):
            other = stream.copy()
            if type(other) is tuple:
                if other[0] == -2:
                    raise ValueError('Inconsistent stream state')
                if other[0] == -4:
                    raise MemoryError("Can't allocate memory for a stream")
                raise _fail(*other, doing)
            return other


        class Compress:
            __slots__ = ('_stream',)

            def __init__(self):
                raise TypeError("cannot create 'zlib.Compress' instances")

            def compress(self, data, /):
                output, _, code, message, _ = self._stream.step(data, Z_NO_FLUSH, -1)
                if code < 0:
                    raise _fail(code, message, 'while compressing data')
                return output

            def flush(self, mode=Z_FINISH, /):
                if mode == Z_NO_FLUSH:
                    return b''
                output, _, code, message, _ = self._stream.step(b'', mode, -1)
                if code < 0:
                    raise _fail(code, message, 'while flushing')
                return output

            def copy(self):
                made = object.__new__(Compress)
                made._stream = _copied(self._stream, 'while copying compression object')
                return made

            __copy__ = copy

            def __deepcopy__(self, memo, /):
                return self.copy()


        class Decompress:
            __slots__ = ('_stream', '_guard', 'unused_data', 'unconsumed_tail', 'eof')

            def __init__(self):
                raise TypeError("cannot create 'zlib.Decompress' instances")

            def _step(self, data, flush, limit, doing):
                if self.eof:
                    self.unused_data += data
                    self.unconsumed_tail = b''
                    return b''
                output, read, code, message, is_other = self._stream.step(data, flush, limit)
                if code == 1:
                    self.eof = True
                    self.unused_data += data[read:]
                    self.unconsumed_tail = b''
                else:
                    self.unconsumed_tail = data[read:]
                    if code != 0:
                        raise _fail(code, message, 'while setting zdict' if is_other else doing)
                return output

            def decompress(self, data, /, max_length=0):
                if max_length < 0:
                    raise ValueError('max_length must be non-negative')
                data = bytes(memoryview(data))
                with self._guard:
                    return self._step(data, Z_SYNC_FLUSH, max_length or -1, 'while decompressing data')

            def flush(self, length=DEF_BUF_SIZE, /):
                if length <= 0:
                    raise ValueError('length must be greater than zero')
                with self._guard:
                    return self._step(self.unconsumed_tail, Z_FINISH, -1, 'while flushing') if not self.eof else b''

            def copy(self):
                with self._guard:
                    made = _decompress(_copied(self._stream, 'while copying decompression object'))
                    made.unused_data, made.unconsumed_tail, made.eof = self.unused_data, self.unconsumed_tail, self.eof
                return made

            __copy__ = copy

            def __deepcopy__(self, memo, /):
                return self.copy()


        def _decompress(stream):
            made = object.__new__(Decompress)
            made._stream, made._guard = stream, _lock()
            made.unused_data = made.unconsumed_tail = b''
            made.eof = False
            return made


        def compressobj(level=Z_DEFAULT_COMPRESSION, method=DEFLATED, wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL,
                        strategy=Z_DEFAULT_STRATEGY, zdict=None):
            made = object.__new__(Compress)
            made._stream = _open(False, level, method, wbits, memLevel, strategy, zdict)
            return made


        def decompressobj(wbits=MAX_WBITS, zdict=None):
            return _decompress(_open(True, 0, DEFLATED, wbits, 0, 0, zdict))


        def compress(data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS):
            stream = _stream(False, level, DEFLATED, wbits, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, None)
            if type(stream) is tuple:
                if stream[0] == -4:
                    raise MemoryError('Out of memory while compressing data')
                if stream[0] == -2:
                    raise error('Bad compression level')
                raise _fail(*stream, 'while compressing data')
            output, _, code, message, _ = stream.step(data, Z_FINISH, -1)
            if code != 1:
                raise _fail(code, message, 'while compressing data')
            return output


        def decompress(data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE):
            if bufsize <= 0:
                raise ValueError('bufsize must be non-negative' if bufsize < 0 else 'bufsize must be greater than zero')
            stream = _stream(True, 0, DEFLATED, wbits, 0, 0, None)
            if type(stream) is tuple:
                if stream[0] == -4:
                    raise MemoryError('Out of memory while decompressing data')
                raise _fail(*stream, 'while preparing to decompress data')
            output, _, code, message, _ = stream.step(data, Z_SYNC_FLUSH, -1)
            if code == 0:
                raise _fail(-5, None, 'while decompressing data')
            if code != 1:
                raise _fail(code, message, 'while decompressing data')
            return output
        """#
}
