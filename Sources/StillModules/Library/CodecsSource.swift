// The module `_codecs`, in Python on top of the runtime's own codecs (UTF-8, ASCII, Latin-1); what they do not know is looked up in the library's
// package `encodings`.
//
// Sharing   Registries are a list and dicts, changed by single operations: threads may register and look up at once.
enum CodecsSource {
    static let text = #"""
        _search = []
        _found = {}


        def register(search_function, /):
            if not callable(search_function):
                raise TypeError('argument must be callable')
            _search.append(search_function)


        def unregister(search_function, /):
            try:
                _search.remove(search_function)
            except ValueError:
                return
            _found.clear()


        def lookup(encoding, /):
            key = encoding.lower().replace(' ', '-')
            codec = _found.get(key)
            if codec is None:
                import encodings
                for function in list(_search):
                    codec = function(key)
                    if codec is not None:
                        break
                else:
                    raise LookupError('unknown encoding: ' + encoding)
                codec = _found.setdefault(key, codec)
            return codec


        def encode(obj, encoding='utf-8', errors='strict'):
            return lookup(encoding).encode(obj, errors)[0]


        def decode(obj, encoding='utf-8', errors='strict'):
            return lookup(encoding).decode(obj, errors)[0]


        # Handlers of errors

        def _strict(exc):
            if isinstance(exc, BaseException):
                raise exc
            raise TypeError('codec must pass exception instance')


        def _ignore(exc):
            if not isinstance(exc, UnicodeError):
                raise TypeError("don't know how to handle %s in error callback" % type(exc).__name__)
            return ('', exc.end)


        def _replace(exc):
            if isinstance(exc, UnicodeEncodeError):
                return ('?' * (exc.end - exc.start), exc.end)
            if isinstance(exc, UnicodeDecodeError):
                return ('\ufffd', exc.end)
            return ('\ufffd' * (exc.end - exc.start), exc.end)


        def _xmlcharref(exc):
            return (''.join('&#%d;' % ord(c) for c in exc.object[exc.start:exc.end]), exc.end)


        def _backslash(exc):
            if isinstance(exc, UnicodeDecodeError):
                return (''.join('\\x%02x' % c for c in exc.object[exc.start:exc.end]), exc.end)
            return (''.join('\\x%02x' % ord(c) if ord(c) < 256 else '\\u%04x' % ord(c) if ord(c) < 65536 else '\\U%08x' % ord(c)
                            for c in exc.object[exc.start:exc.end]), exc.end)


        def _surrogates(exc):
            if isinstance(exc, UnicodeDecodeError):
                return (''.join(chr(0xdc00 + c) for c in exc.object[exc.start:exc.end]), exc.end)
            part = exc.object[exc.start:exc.end]
            if all(0xdc80 <= ord(c) <= 0xdcff for c in part):
                return (bytes(ord(c) - 0xdc00 for c in part), exc.end)
            raise exc


        _handlers = {'strict': _strict, 'ignore': _ignore, 'replace': _replace, 'xmlcharrefreplace': _xmlcharref,
                     'backslashreplace': _backslash, 'surrogateescape': _surrogates}


        def register_error(errors, handler, /):
            if not callable(handler):
                raise TypeError('handler must be callable')
            _handlers[errors] = handler


        def lookup_error(errors, /):
            try:
                return _handlers[errors]
            except KeyError:
                raise LookupError('unknown error handler name %r' % errors) from None


        # Codecs

        def _plain(name):
            def encoder(text, errors=None, /):
                return text.encode(name, errors or 'strict'), len(text)

            def decoder(data, errors=None, final=True, /):
                return bytes(data).decode(name, errors or 'strict'), len(data)

            return encoder, decoder


        ascii_encode, ascii_decode = _plain('ascii')
        latin_1_encode, latin_1_decode = _plain('latin-1')
        utf_8_encode, _utf_8_decode = _plain('utf-8')


        def utf_8_decode(data, errors=None, final=False, /):
            data = bytes(data)
            used = len(data)
            if not final:
                # A sequence that is cut off at the end waits for the rest.
                for back in range(1, min(3, used) + 1):
                    byte = data[used - back]
                    if byte >= 0xc0:
                        wanted = 2 if byte < 0xe0 else 3 if byte < 0xf0 else 4 if byte < 0xf5 else 1
                        if wanted > back:
                            used -= back
                        break
                    if byte < 0x80:
                        break
            return data[:used].decode('utf-8', errors or 'strict'), used


        def _wide(size, order, data, errors, final):
            data = bytes(data)
            used = len(data) - len(data) % size
            if final and used != len(data):
                raise UnicodeDecodeError('utf-%d' % (size * 8), data, used, len(data), 'truncated data')
            units = [int.from_bytes(data[i:i + size], order) for i in range(0, used, size)]
            chars = []
            at = 0
            while at < len(units):
                unit = units[at]
                at += 1
                if size == 2 and 0xd800 <= unit < 0xdc00:
                    if at == len(units):
                        if not final:
                            used -= 2
                            break
                        raise UnicodeDecodeError('utf-16', data, used - 2, used, 'unexpected end of data')
                    if 0xdc00 <= units[at] < 0xe000:
                        unit = 0x10000 + ((unit - 0xd800) << 10) + (units[at] - 0xdc00)
                        at += 1
                chars.append(chr(unit))
            return ''.join(chars), used


        def _widen(size, order, text):
            if size == 4:
                return b''.join(ord(c).to_bytes(4, order) for c in text)
            out = []
            for c in text:
                point = ord(c)
                if point >= 0x10000:
                    point -= 0x10000
                    out.append((0xd800 + (point >> 10)).to_bytes(2, order))
                    point = 0xdc00 + (point & 0x3ff)
                out.append(point.to_bytes(2, order))
            return b''.join(out)


        def _family(size):
            def encoder_for(order):
                return lambda text, errors=None, /: (_widen(size, order, text), len(text))

            def decoder_for(order):
                return lambda data, errors=None, final=False, /: _wide(size, order, data, errors, final)

            marks = {b'\xff\xfe' + bytes(size - 2): 'little', bytes(size - 2) + b'\xfe\xff': 'big'}

            def encode(text, errors=None, byteorder=0, /):
                order = 'big' if byteorder > 0 else 'little'
                return _widen(size, order, text if byteorder else '\ufeff' + text), len(text)

            def ex_decode(data, errors=None, byteorder=0, final=False, /):
                data = bytes(data)
                start = 0
                if byteorder == 0 and len(data) >= size:
                    order = marks.get(data[:size])
                    if order is not None:
                        start = size
                        byteorder = -1 if order == 'little' else 1
                    else:
                        byteorder = -1
                text, used = _wide(size, 'big' if byteorder > 0 else 'little', data[start:], errors, final)
                return text, used + start, byteorder

            def decode(data, errors=None, final=False, /):
                return ex_decode(data, errors, 0, final)[:2]

            return encode, decode, ex_decode, encoder_for('little'), decoder_for('little'), encoder_for('big'), decoder_for('big')


        (utf_16_encode, utf_16_decode, utf_16_ex_decode, utf_16_le_encode, utf_16_le_decode, utf_16_be_encode,
         utf_16_be_decode) = _family(2)
        (utf_32_encode, utf_32_decode, utf_32_ex_decode, utf_32_le_encode, utf_32_le_decode, utf_32_be_encode,
         utf_32_be_decode) = _family(4)


        def charmap_build(table, /):
            return {ord(c): i for i, c in enumerate(table)}


        def charmap_encode(text, errors='strict', mapping=None, /):
            if mapping is None:
                return latin_1_encode(text, errors)
            out = bytearray()
            for place, c in enumerate(text):
                code = mapping.get(ord(c)) if isinstance(mapping, dict) else mapping[ord(c)]
                if isinstance(code, bytes):
                    out += code
                elif code is not None:
                    out.append(code)
                else:
                    exc = UnicodeEncodeError('charmap', text, place, place + 1, 'character maps to <undefined>')
                    made, _ = lookup_error(errors or 'strict')(exc)
                    out += made if isinstance(made, bytes) else charmap_encode(made, 'strict', mapping)[0]
            return bytes(out), len(text)


        def charmap_decode(data, errors='strict', mapping=None, /):
            if mapping is None:
                return latin_1_decode(data, errors)
            out = []
            for place, byte in enumerate(data):
                try:
                    c = mapping[byte]
                except (IndexError, KeyError):
                    c = None
                if isinstance(c, int):
                    c = chr(c)
                if c is None or c == '\ufffe':
                    exc = UnicodeDecodeError('charmap', bytes(data), place, place + 1, 'character maps to <undefined>')
                    c, _ = lookup_error(errors or 'strict')(exc)
                out.append(c)
            return ''.join(out), len(data)


        def readbuffer_encode(data, errors=None, /):
            return (data.encode('utf-8') if isinstance(data, str) else bytes(data)), len(data)


        # Classes of the library keep these as attributes: they must not become methods.
        from _functools import partial as _partial
        for _name in list(globals()):
            if _name.endswith(('_encode', '_decode')) and not _name.startswith('_'):
                globals()[_name] = _partial(globals()[_name])
        """#
}
