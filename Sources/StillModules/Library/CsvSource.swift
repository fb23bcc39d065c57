// `_csv`: dialects, and the machines that read and write records.
enum CsvSource {
    static let text = #"""
        __version__ = '1.0'
        QUOTE_MINIMAL, QUOTE_ALL, QUOTE_NONNUMERIC, QUOTE_NONE, QUOTE_STRINGS, QUOTE_NOTNULL = range(6)
        _dialects = {}
        _limit = 131072
        _unset = object()


        class Error(Exception):
            pass


        Error.__module__ = '_csv'


        class Dialect:
            __slots__ = ('delimiter', 'doublequote', 'escapechar', 'lineterminator', 'quotechar', 'quoting', 'skipinitialspace', 'strict')

            def __new__(cls, dialect=None, delimiter=_unset, doublequote=_unset, escapechar=_unset, lineterminator=_unset,
                        quotechar=_unset, quoting=_unset, skipinitialspace=_unset, strict=_unset):
                given = dict(delimiter=delimiter, doublequote=doublequote, escapechar=escapechar, lineterminator=lineterminator,
                             quotechar=quotechar, quoting=quoting, skipinitialspace=skipinitialspace, strict=strict)
                if isinstance(dialect, str):
                    dialect = get_dialect(dialect)
                if dialect is not None and type(dialect) is Dialect and all(value is _unset for value in given.values()):
                    return dialect
                usual = dict(delimiter=',', doublequote=True, escapechar=None, lineterminator='\r\n', quotechar='"', quoting=QUOTE_MINIMAL,
                             skipinitialspace=False, strict=False)
                chosen = {}
                for name, value in given.items():
                    if value is _unset and dialect is not None:
                        value = getattr(dialect, name, _unset)
                    chosen[name] = usual[name] if value is _unset else value
                self = object.__new__(cls)
                set = lambda name, value: object.__setattr__(self, name, value)
                for name in ('delimiter', 'escapechar', 'quotechar'):
                    value = chosen[name]
                    if value is None and name != 'delimiter':
                        continue
                    if not isinstance(value, str):
                        kind = 'string or None' if name != 'delimiter' else 'string'
                        raise TypeError('"%s" must be %s, not %s' % (name, kind, type(value).__name__))
                    if name != 'delimiter' and value == '':
                        chosen[name] = None
                        if name == 'quotechar':
                            raise TypeError('"quotechar" must be a 1-character string')
                        raise TypeError('"%s" must be a 1-character string' % name)
                    if len(value) != 1:
                        raise TypeError('"%s" must be a 1-character string' % name)
                for name in ('doublequote', 'skipinitialspace', 'strict'):
                    chosen[name] = bool(chosen[name])
                if not isinstance(chosen['quoting'], int) or isinstance(chosen['quoting'], bool):
                    raise TypeError('"quoting" must be an integer, not %s' % type(chosen['quoting']).__name__)
                if not 0 <= chosen['quoting'] <= 5:
                    raise TypeError('bad "quoting" value')
                if not isinstance(chosen['lineterminator'], str):
                    raise TypeError('"lineterminator" must be a string, not %s' % type(chosen['lineterminator']).__name__)
                if chosen['quotechar'] is None and quoting is _unset and dialect is not None and getattr(dialect, 'quoting', None) is None:
                    chosen['quoting'] = QUOTE_NONE
                if chosen['quoting'] != QUOTE_NONE and chosen['quotechar'] is None:
                    raise TypeError('quotechar must be set if quoting enabled')
                for name, value in chosen.items():
                    set(name, value)
                return self

            def __setattr__(self, name, value):
                if name in Dialect.__slots__:
                    raise AttributeError('readonly attribute')
                raise AttributeError("'_csv.Dialect' object has no attribute %r" % name)

            def __delattr__(self, name):
                raise AttributeError('readonly attribute')

            def __reduce_ex__(self, protocol):
                raise TypeError("cannot pickle 'Dialect' instances")


        def _dialect(dialect, keywords):
            return Dialect(dialect, **keywords)


        def register_dialect(name, dialect=None, /, **fmtparams):
            if not isinstance(name, str):
                raise TypeError('dialect name must be a string')
            _dialects[name] = Dialect(dialect, **fmtparams)


        def unregister_dialect(name, /):
            try:
                del _dialects[name]
            except (KeyError, TypeError):
                raise Error('unknown dialect') from None


        def get_dialect(name, /):
            try:
                return _dialects[name]
            except (KeyError, TypeError):
                raise Error('unknown dialect') from None


        def list_dialects():
            return list(_dialects)


        def field_size_limit(new=_unset, /):
            global _limit
            old = _limit
            if new is not _unset:
                if not isinstance(new, int):
                    raise TypeError('limit must be an integer')
                _limit = new
            return old


        # Where the reader is in a record.
        _START_RECORD, _START_FIELD, _ESCAPED, _FIELD, _QUOTED, _QUOTED_ESCAPED, _QUOTE_IN_QUOTED, _END = range(8)


        class _Reader:
            def __init__(self, lines, dialect, keywords):
                self.dialect = _dialect(dialect, keywords)
                try:
                    self._lines = iter(lines)
                except TypeError:
                    raise TypeError('argument 1 must be an iterator') from None
                self.line_num = 0

            def __iter__(self):
                return self

            def _finish(self, fields, parts, numeric):
                text = ''.join(parts)
                parts.clear()
                fields.append(float(text) if numeric else text)

            def __next__(self):
                d = self.dialect
                delimiter, quote, escape = d.delimiter, d.quotechar, d.escapechar
                quoting, strict = d.quoting, d.strict
                numbers = quoting == QUOTE_NONNUMERIC
                fields, parts = [], []
                state = _START_RECORD
                numeric = False
                size = 0
                while True:
                    try:
                        line = next(self._lines)
                    except StopIteration:
                        if size or state == _QUOTED:
                            if strict:
                                raise Error('unexpected end of data')
                            self._finish(fields, parts, numeric)
                            return fields
                        if fields and state != _START_RECORD:
                            self._finish(fields, parts, numeric)
                            return fields
                        raise
                    if not isinstance(line, str):
                        raise Error('iterator should return strings, not %s (the file should be opened in text mode)' % type(line).__name__)
                    self.line_num += 1
                    for c in line + '\0':
                        end = c == '\0'
                        if end:
                            c = '\n'
                            if line.find('\0') >= 0:
                                end = False
                                c = '\0'
                        newline = end or c == '\n' or c == '\r'
                        if state == _START_RECORD:
                            if end:
                                break
                            if newline:
                                state = _END
                                continue
                            state = _START_FIELD
                        if state == _START_FIELD:
                            if newline:
                                self._finish(fields, parts, False if not numbers else False)
                                size = 0
                                state = _START_RECORD if end else _END
                                continue
                            if c == quote and quoting != QUOTE_NONE:
                                state = _QUOTED
                            elif c == escape and escape is not None:
                                state = _ESCAPED
                            elif c == ' ' and d.skipinitialspace:
                                pass
                            elif c == delimiter:
                                self._finish(fields, parts, False)
                                size = 0
                            else:
                                numeric = numbers
                                size = self._add(parts, c, size)
                                state = _FIELD
                        elif state == _ESCAPED:
                            if end:
                                c = '\n'
                            size = self._add(parts, c, size)
                            state = _FIELD if not end else _FIELD
                        elif state == _FIELD:
                            if newline:
                                self._finish(fields, parts, numeric)
                                size, numeric = 0, False
                                state = _START_RECORD if end else _END
                            elif c == escape and escape is not None:
                                state = _ESCAPED
                            elif c == delimiter:
                                self._finish(fields, parts, numeric)
                                size, numeric = 0, False
                                state = _START_FIELD
                            else:
                                size = self._add(parts, c, size)
                        elif state == _QUOTED:
                            if end:
                                pass
                            elif c == escape and escape is not None:
                                state = _QUOTED_ESCAPED
                            elif c == quote and quoting != QUOTE_NONE:
                                state = _QUOTE_IN_QUOTED if d.doublequote else _FIELD
                            else:
                                size = self._add(parts, c, size)
                        elif state == _QUOTED_ESCAPED:
                            if end:
                                c = '\n'
                            size = self._add(parts, c, size)
                            state = _QUOTED
                        elif state == _QUOTE_IN_QUOTED:
                            if quoting != QUOTE_NONE and c == quote and not end:
                                size = self._add(parts, c, size)
                                state = _QUOTED
                            elif c == delimiter and not end:
                                self._finish(fields, parts, numeric)
                                size, numeric = 0, False
                                state = _START_FIELD
                            elif newline:
                                self._finish(fields, parts, numeric)
                                size, numeric = 0, False
                                state = _START_RECORD if end else _END
                            elif not strict:
                                size = self._add(parts, c, size)
                                state = _FIELD
                            else:
                                raise Error("'%s' expected after '%s'" % (delimiter, quote))
                        elif state == _END:
                            if end:
                                state = _START_RECORD
                            elif not newline:
                                raise Error('new-line character seen in unquoted field - do you need to open the file with newline=\'\'?')
                    if state == _START_RECORD:
                        return fields

            @staticmethod
            def _add(parts, c, size):
                if size >= _limit:
                    raise Error('field larger than field limit (%d)' % _limit)
                parts.append(c)
                return size + 1


        _Reader.__name__ = _Reader.__qualname__ = 'reader'
        _Reader.__module__ = '_csv'
        Reader = _Reader


        def reader(iterable, dialect=None, /, **fmtparams):
            return _Reader(iterable, dialect, fmtparams)


        class _Writer:
            def __init__(self, file, dialect, keywords):
                self.dialect = _dialect(dialect, keywords)
                write = getattr(file, 'write', None)
                if not callable(write):
                    raise TypeError('argument 1 must have a "write" method')
                self._write = write

            def _field(self, value, alone):
                d = self.dialect
                quoting, quote, escape = d.quoting, d.quotechar, d.escapechar
                number = isinstance(value, (int, float, complex)) or _is_number(value)
                if quoting == QUOTE_NONNUMERIC:
                    quoted = not number
                elif quoting == QUOTE_ALL:
                    quoted = True
                elif quoting == QUOTE_STRINGS:
                    quoted = isinstance(value, str)
                elif quoting == QUOTE_NOTNULL:
                    quoted = value is not None
                else:
                    quoted = False
                text = value if isinstance(value, str) else '' if value is None else repr(value) if isinstance(value, float) else str(value)
                if not text:
                    if d.delimiter == ' ' and d.skipinitialspace:
                        if quoting == QUOTE_NONE or (value is None and quoting in (QUOTE_STRINGS, QUOTE_NOTNULL)):
                            raise Error('empty field must be quoted if delimiter is a space and skipinitialspace is true')
                        quoted = True
                    if alone:
                        if quoting == QUOTE_NONE or (value is None and quoting in (QUOTE_STRINGS, QUOTE_NOTNULL)):
                            raise Error('single empty field record must be quoted')
                        quoted = True
                special = {d.delimiter, '\n', '\r', *d.lineterminator}
                if quote is not None:
                    special.add(quote)
                if escape is not None:
                    special.add(escape)
                made = []
                for c in text:
                    if c in special:
                        wants = False
                        if quoting == QUOTE_NONE:
                            wants = True
                        else:
                            if c == quote:
                                if d.doublequote:
                                    made.append(quote)
                                else:
                                    wants = True
                            elif c == escape:
                                wants = True
                            if not wants:
                                quoted = True
                        if wants:
                            if escape is None:
                                raise Error('need to escape, but no escapechar set')
                            made.append(escape)
                    made.append(c)
                text = ''.join(made)
                return quote + text + quote if quoted else text

            def writerow(self, seq, /):
                try:
                    values = list(seq)
                except TypeError as error:
                    if 'not iterable' not in str(error):
                        raise
                    raise Error('iterable expected, not %s' % type(seq).__name__) from None
                alone = len(values) == 1
                return self._write(self.dialect.delimiter.join([self._field(value, alone) for value in values]) + self.dialect.lineterminator)

            def writerows(self, seqseq, /):
                for row in seqseq:
                    self.writerow(row)


        def _is_number(value):
            # What has a number's methods counts as one: Decimal and Fraction.
            kind = type(value)
            return not isinstance(value, (str, bytes)) and (hasattr(kind, '__index__') or hasattr(kind, '__float__'))


        _Writer.__name__ = _Writer.__qualname__ = 'writer'
        _Writer.__module__ = '_csv'
        Writer = _Writer


        def writer(fileobj, dialect=None, /, **fmtparams):
            return _Writer(fileobj, dialect, fmtparams)
        """#
}
