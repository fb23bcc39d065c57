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


        def _names(exc):
            if not isinstance(exc, UnicodeEncodeError):
                raise TypeError("don't know how to handle %s in error callback" % type(exc).__name__)
            from unicodedata import name
            out = []
            for c in exc.object[exc.start:exc.end]:
                found = name(c, None)
                out.append('\\N{%s}' % found if found else '\\x%02x' % ord(c) if ord(c) < 256
                           else '\\u%04x' % ord(c) if ord(c) < 65536 else '\\U%08x' % ord(c))
            return (''.join(out), exc.end)


        def _surrogates_pass(exc):
            code = exc.encoding.lower().replace('_', '-')
            size = 4 if '32' in code else 2 if '16' in code else 0
            order = 'big' if code.endswith('be') else 'little'
            if isinstance(exc, UnicodeEncodeError):
                part = exc.object[exc.start:exc.end]
                if not all(0xd800 <= ord(c) < 0xe000 for c in part):
                    raise exc
                if size:
                    return (b''.join(ord(c).to_bytes(size, order) for c in part), exc.end)
                return (b''.join(bytes((0xe0 | ord(c) >> 12, 0x80 | ord(c) >> 6 & 63, 0x80 | ord(c) & 63)) for c in part), exc.end)
            if isinstance(exc, UnicodeDecodeError):
                data = exc.object[exc.start:]
                if size:
                    unit = int.from_bytes(data[:size], order) if len(data) >= size else 0
                    if 0xd800 <= unit < 0xe000:
                        return (chr(unit), exc.start + size)
                elif len(data) >= 3 and data[0] & 0xf0 == 0xe0 and data[1] & 0xc0 == 0x80 and data[2] & 0xc0 == 0x80:
                    unit = (data[0] & 15) << 12 | (data[1] & 63) << 6 | data[2] & 63
                    if 0xd800 <= unit < 0xe000:
                        return (chr(unit), exc.start + 3)
                raise exc
            raise TypeError("don't know how to handle %s in error callback" % type(exc).__name__)


        _handlers = {'namereplace': _names, 'surrogatepass': _surrogates_pass, 'strict': _strict, 'ignore': _ignore, 'replace': _replace, 'xmlcharrefreplace': _xmlcharref,
                     'backslashreplace': _backslash, 'surrogateescape': _surrogates}


        def register_error(errors, handler, /):
            if not callable(handler):
                raise TypeError('handler must be callable')
            _handlers[errors] = handler


        def lookup_error(errors, /):
            try:
                return _handlers[errors]
            except KeyError:
                raise LookupError("unknown error handler name '%s'" % errors) from None


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
            name = 'utf-%d-%s' % (size * 8, 'le' if order == 'little' else 'be')
            chars = []
            at = 0
            end = len(data)

            def handle(start, stop, reason):
                exc = UnicodeDecodeError(name, data, start, stop, reason)
                made, place = lookup_error(errors or 'strict')(exc)
                chars.append(made)
                return place + end if place < 0 else place
            while at < end:
                if end - at < size:
                    if not final:
                        break
                    at = handle(at, end, 'truncated data')
                    continue
                unit = int.from_bytes(data[at:at + size], order)
                if size == 2 and 0xd800 <= unit < 0xdc00:
                    if end - at < 4:
                        if not final:
                            break
                        at = handle(at, end, 'unexpected end of data')
                        continue
                    low = int.from_bytes(data[at + 2:at + 4], order)
                    if 0xdc00 <= low < 0xe000:
                        chars.append(chr(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)))
                        at += 4
                    else:
                        at = handle(at, at + 2, 'illegal UTF-16 surrogate')
                    continue
                if size == 2 and 0xdc00 <= unit < 0xe000:
                    at = handle(at, at + 2, 'illegal encoding')
                    continue
                if size == 4 and 0xd800 <= unit < 0xe000:
                    at = handle(at, at + 4, 'code point in surrogate code point range(0xd800, 0xe000)')
                    continue
                if unit > 0x10ffff:
                    at = handle(at, at + 4, 'code point not in range(0x110000)')
                    continue
                chars.append(chr(unit))
                at += size
            return ''.join(chars), at


        def _widen(size, order, text, errors='strict'):
            name = 'utf-%d-%s' % (size * 8, 'le' if order == 'little' else 'be')
            out = []
            at = 0
            while at < len(text):
                point = ord(text[at])
                if 0xd800 <= point < 0xe000:
                    end = at + 1
                    while end < len(text) and 0xd800 <= ord(text[end]) < 0xe000:
                        end += 1
                    exc = UnicodeEncodeError(name, text, at, end, 'surrogates not allowed')
                    made, at = lookup_error(errors or 'strict')(exc)
                    out.append(made if isinstance(made, bytes) else _widen(size, order, made))
                    continue
                at += 1
                if size == 2 and point >= 0x10000:
                    point -= 0x10000
                    out.append((0xd800 + (point >> 10)).to_bytes(2, order))
                    point = 0xdc00 + (point & 0x3ff)
                out.append(point.to_bytes(size, order))
            return b''.join(out)


        # Escapes

        def escape_encode(data, errors=None, /):
            if not isinstance(data, bytes):
                raise TypeError('escape_encode() argument 1 must be bytes, not ' + type(data).__name__)
            out = bytearray()
            for code in data:
                if code in b"'\\":
                    out += bytes((92, code))
                elif code in b'\t\n\r':
                    out += {9: b'\\t', 10: b'\\n', 13: b'\\r'}[code]
                elif 32 <= code < 127:
                    out.append(code)
                else:
                    out += b'\\x%02x' % code
            return bytes(out), len(data)


        def escape_decode(data, errors=None, /):
            data = data.encode('utf-8') if isinstance(data, str) else bytes(data)
            out = bytearray()
            at = 0
            plain = {10: b'', 92: b'\\', 39: b"'", 34: b'"', 98: b'\b', 102: b'\f', 116: b'\t', 110: b'\n', 114: b'\r', 118: b'\v', 97: b'\a'}
            while at < len(data):
                if data[at] != 92:
                    out.append(data[at])
                    at += 1
                    continue
                at += 1
                if at == len(data):
                    raise ValueError('Trailing \\ in string')
                code = data[at]
                at += 1
                if code in plain:
                    out += plain[code]
                elif 48 <= code < 56:
                    end = at
                    while end < at + 2 and end < len(data) and 48 <= data[end] < 56:
                        end += 1
                    out.append(int(data[at - 1:end], 8) & 255)
                    at = end
                elif code == 120:
                    digits = data[at:at + 2]
                    try:
                        if len(digits) != 2:
                            raise ValueError
                        out.append(int(digits, 16))
                        at += 2
                    except ValueError:
                        if (errors or 'strict') == 'strict':
                            raise ValueError('invalid \\x escape at position %d' % (at - 2)) from None
                        if errors == 'replace':
                            out += b'?'
                else:
                    out += bytes((92, code))
            return bytes(out), len(data)


        def unicode_escape_encode(text, errors=None, /):
            out = []
            plain = {'\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r'}
            for c in text:
                point = ord(c)
                if c in plain:
                    out.append(plain[c])
                elif 32 <= point < 127:
                    out.append(c)
                elif point < 256:
                    out.append('\\x%02x' % point)
                elif point < 65536:
                    out.append('\\u%04x' % point)
                else:
                    out.append('\\U%08x' % point)
            return ''.join(out).encode('ascii'), len(text)


        def raw_unicode_escape_encode(text, errors=None, /):
            out = []
            for c in text:
                point = ord(c)
                out.append(c if point < 256 else '\\u%04x' % point if point < 65536 else '\\U%08x' % point)
            return ''.join(out).encode('latin-1'), len(text)


        _short = {'\n': '', '\\': '\\', "'": "'", '"': '"', 'b': '\b', 'f': '\f', 't': '\t', 'n': '\n', 'r': '\r', 'v': '\v', 'a': '\a'}


        def _unescape(name, data, errors, raw):
            data = data.encode('utf-8') if isinstance(data, str) else bytes(data)
            text = data.decode('latin-1')
            out = []
            at = 0

            def handle(start, stop, reason):
                exc = UnicodeDecodeError(name, data, start, stop, reason)
                made, place = lookup_error(errors or 'strict')(exc)
                out.append(made)
                return place
            while at < len(text):
                if text[at] != '\\':
                    out.append(text[at])
                    at += 1
                    continue
                start = at
                at += 1
                if at == len(text):
                    if raw:
                        out.append('\\')
                        break
                    at = handle(start, at, '\\ at end of string')
                    continue
                c = text[at]
                at += 1
                if raw and c not in 'uU':
                    out.append('\\' + c)
                    continue
                if c in _short and not raw:
                    out.append(_short[c])
                elif c in '01234567':
                    end = at
                    while end < at + 2 and end < len(text) and text[end] in '01234567':
                        end += 1
                    out.append(chr(int(text[at - 1:end], 8)))
                    at = end
                elif c in 'xuU':
                    size = {'x': 2, 'u': 4, 'U': 8}[c]
                    end = at
                    while end < at + size and end < len(text) and text[end] in '0123456789abcdefABCDEF':
                        end += 1
                    if end < at + size:
                        at = handle(start, end, 'truncated \\%s escape' % {'x': 'xXX', 'u': 'uXXXX', 'U': 'UXXXXXXXX'}[c])
                        continue
                    point = int(text[at:end], 16)
                    if point > 0x10ffff:
                        at = handle(start, end, 'illegal Unicode character')
                        continue
                    out.append(chr(point))
                    at = end
                elif c == 'N' and not raw:
                    end = text.find('}', at)
                    if text[at:at + 1] != '{' or end < at + 2:
                        at = handle(start, len(text) if end < 0 else end + 1, 'malformed \\N character escape')
                        continue
                    from unicodedata import lookup as find
                    try:
                        out.append(find(text[at + 1:end]))
                        at = end + 1
                    except KeyError:
                        at = handle(start, end + 1, 'unknown Unicode character name')
                else:
                    out.append('\\' + c)
            return ''.join(out), len(data)


        def unicode_escape_decode(data, errors=None, final=True, /):
            return _unescape('unicodeescape', data, errors, False)


        def raw_unicode_escape_decode(data, errors=None, final=True, /):
            return _unescape('rawunicodeescape', data, errors, True)


        def _family(size):
            def encoder_for(order):
                return lambda text, errors=None, /: (_widen(size, order, text, errors), len(text))

            def decoder_for(order):
                return lambda data, errors=None, final=False, /: _wide(size, order, data, errors, final)

            marks = {b'\xff\xfe' + bytes(size - 2): 'little', bytes(size - 2) + b'\xfe\xff': 'big'}

            def encode(text, errors=None, byteorder=0, /):
                order = 'big' if byteorder > 0 else 'little'
                return (b'' if byteorder else _widen(size, order, '\ufeff')) + _widen(size, order, text, errors), len(text)

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
