// `_tokenize` in Python: the tokens that the library's `tokenize` asks for since 3.12, line by line.
//
// The runtime's own lexer makes what the parser needs; comments, lines without code and the text of each token are what this is about.
enum TokenizeSource {
    static let text = #"""
        import re as _re
        import token as _token

        _name = _re.compile(r'\w+')
        _number = _re.compile(
            r'0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+'
            r'|(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:[eE][-+]?[0-9](?:_?[0-9])*)?[jJ]?')
        _prefix = _re.compile(r'(?:[rR][bBfF]?|[bBfF][rR]?|[uU])?(?:"""|\'\'\'|"|\')')
        _exact = _token.EXACT_TOKEN_TYPES
        _operators = sorted(_exact, key=len, reverse=True)
        _opening = {'(': ')', '[': ']', '{': '}'}


        class _FString:
            __slots__ = ('quote', 'raw', 'depth', 'spec', 'start')

            def __init__(self, quote, raw, start):
                self.quote = quote
                self.raw = raw
                # How many brackets were open where each of the replacement fields around began.
                self.depth = []
                self.spec = False
                self.start = start


        class TokenizerIter:
            def __init__(self, readline, /, *, encoding=None, extra_tokens=False):
                self._readline = readline
                self._encoding = encoding
                self._extra = extra_tokens
                self._row = 0
                self._line = ''
                self._tokens = self._scan()

            def __iter__(self):
                return self

            def __next__(self):
                return next(self._tokens)

            def _next_line(self):
                try:
                    line = self._readline()
                except StopIteration:
                    line = ''
                if isinstance(line, (bytes, bytearray)):
                    line = line.decode(self._encoding or 'utf-8')
                self._row += 1
                self._line = line
                return line

            def _error(self, message, row, column, kind=SyntaxError):
                return kind(message, ('<string>', row, column, self._line, row, column))

            def _op(self, text):
                return _token.OP if self._extra else _exact[text]

            def _newline(self, line, at, kind):
                text = line[at:]
                if not self._extra:
                    return None if kind == _token.NL else (kind, '', (self._row, at), (self._row, at), line)
                return kind, text, (self._row, at), (self._row, at + max(1, len(text))), line

            def _scan(self):
                indents = [0]
                brackets = []
                strings = []
                joined = False
                last = ''
                while True:
                    line = self._next_line()
                    if not line:
                        break
                    last = line
                    at = 0
                    if not brackets and not joined and not strings:
                        column = 0
                        while at < len(line) and line[at] in ' \t\f':
                            column = column + 1 if line[at] == ' ' else 0 if line[at] == '\f' else (column // 8 + 1) * 8
                            at += 1
                        if at == len(line) or line[at] in '#\r\n':
                            yield from self._rest(line, at, _token.NL)
                            continue
                        if column > indents[-1]:
                            indents.append(column)
                            yield _token.INDENT, line[:at], (self._row, 0), (self._row, at), line
                        while column < indents[-1]:
                            indents.pop()
                            if column > indents[-1]:
                                raise self._error('unindent does not match any outer indentation level', self._row, at, IndentationError)
                            yield _token.DEDENT, '', (self._row, at), (self._row, at), line
                    joined = False
                    while at < len(line):
                        inside = strings and strings[-1]
                        if inside and (not inside.depth or inside.spec):
                            line, at, made = self._literal(line, at, strings, brackets)
                            yield from made
                            if line is None:
                                raise self._error('unterminated triple-quoted f-string literal (detected at line %d)' % self._row, *inside.start)
                            last = line
                            continue
                        character = line[at]
                        if character in ' \t\f':
                            at += 1
                            continue
                        if character in '\r\n' or character == '#':
                            kind = _token.NL if brackets or strings else _token.NEWLINE
                            yield from self._rest(line, at, kind)
                            at = len(line)
                            break
                        if character == '\\':
                            if line[at + 1:].strip('\r\n'):
                                raise self._error('unexpected character after line continuation character', self._row, at + 1)
                            joined = True
                            at = len(line)
                            break
                        start = (self._row, at)
                        found = _prefix.match(line, at)
                        if found:
                            opening = found.group()
                            quote = opening.lstrip('rRbBfFuU')
                            letters = opening[:len(opening) - len(quote)].lower()
                            if 'f' in letters:
                                strings.append(_FString(quote, 'r' in letters, start))
                                at = found.end()
                                yield _token.FSTRING_START, opening, start, (self._row, at), line
                                continue
                            text, lines, line, at = self._string(line, at, found.end(), quote, start)
                            last = line
                            yield _token.STRING, text, start, (self._row, at), lines
                            continue
                        if character.isdigit() or (character == '.' and line[at + 1:at + 2].isdigit()):
                            found = _number.match(line, at)
                            text = found.group()
                            after = line[found.end():found.end() + 1]
                            if character == '0' and text.isdigit() and text.strip('0_') and after not in ('.', 'e', 'E', 'j', 'J'):
                                raise self._error(
                                    'leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers', self._row, at + 1)
                            at = found.end()
                            yield _token.NUMBER, text, start, (self._row, at), line
                            continue
                        found = _name.match(line, at)
                        if found:
                            at = found.end()
                            yield _token.NAME, found.group(), start, (self._row, at), line
                            continue
                        for operator in _operators:
                            if line.startswith(operator, at):
                                break
                        else:
                            if not self._extra and character not in '!':
                                raise self._error('invalid character %r (U+%04X)' % (character, ord(character)), self._row, at + 1)
                            at += 1
                            kind = _token.OP if character == '!' else _token.ERRORTOKEN
                            if kind == _token.ERRORTOKEN:
                                raise self._error("invalid non-printable character U+%04X" % ord(character) if not character.isprintable()
                                                  else 'invalid character %r (U+%04X)' % (character, ord(character)), self._row, at)
                            yield kind, character, start, (self._row, at), line
                            continue
                        if inside and len(brackets) == inside.depth[-1]:
                            # In a replacement field, outside of brackets: the end of its expression.
                            if operator[0] == ':':
                                operator = ':'
                                inside.spec = True
                            elif operator == '!=' and line[at + 2:at + 3] != '=' and line[at + 1] != '=':
                                operator = '!'
                        at += len(operator)
                        if operator in _opening:
                            brackets.append((operator, start))
                        elif operator in ')]}':
                            if inside and operator == '}' and len(brackets) == inside.depth[-1]:
                                self._leave(inside, brackets)
                            elif not brackets:
                                raise self._error("unmatched '%s'" % operator, self._row, at)
                            elif _opening[brackets[-1][0]] != operator:
                                raise self._error("closing parenthesis '%s' does not match opening parenthesis '%s'" % (operator, brackets[-1][0]), self._row, at)
                            else:
                                brackets.pop()
                        yield self._op(operator), operator, start, (self._row, at), line
                    else:
                        if line[-1:] not in ('\n', '\r') and not joined and not (strings and not strings[-1].depth):
                            kind = _token.NL if brackets or strings else _token.NEWLINE
                            made = self._newline(line, len(line), kind)
                            if made:
                                yield made
                if strings:
                    raise self._error('unterminated f-string literal (detected at line %d)' % (self._row - 1), *strings[-1].start)
                if brackets or joined:
                    raise self._error('unexpected EOF in multi-line statement', self._row, 0)
                for _ in indents[1:]:
                    yield _token.DEDENT, '', (self._row, 0), (self._row, 0), ''
                yield _token.ENDMARKER, '', (self._row, 0), (self._row, 0), ''

            def _rest(self, line, at, kind):
                # A comment, if there is one, and the end of the line.
                if line[at:at + 1] == '#':
                    end = len(line.rstrip('\r\n'))
                    if self._extra:
                        yield _token.COMMENT, line[at:end], (self._row, at), (self._row, end), line
                    at = end
                made = self._newline(line, at, kind)
                if made and (kind == _token.NEWLINE or made[1] or at):
                    yield made

            def _string(self, line, first, at, quote, start):
                # The rest of a string literal: its text, the lines it is on, the last of them and where it ends there.
                parts = []
                lines = line
                begin = first
                while True:
                    while at < len(line):
                        if line[at] == '\\':
                            at += 3 if line.startswith('\r\n', at + 1) else 2
                        elif line.startswith(quote, at):
                            at += len(quote)
                            parts.append(line[begin:at])
                            return ''.join(parts), lines, line, at
                        elif line[at] in '\r\n' and len(quote) == 1:
                            raise self._error('unterminated string literal (detected at line %d)' % self._row, start[0], start[1] + 1)
                        else:
                            at += 1
                    parts.append(line[begin:])
                    line = self._next_line()
                    if not line:
                        if len(quote) == 1:
                            raise self._error('unterminated string literal (detected at line %d)' % (self._row - 1), start[0], start[1] + 1)
                        raise self._error('unterminated triple-quoted string literal (detected at line %d)' % (self._row - 1), start[0], start[1] + 1)
                    lines += line
                    begin = at = 0

            def _leave(self, string, brackets):
                string.depth.pop()
                # A field inside a format specification has ended: that goes on.
                string.spec = bool(string.depth)

            def _literal(self, line, at, strings, brackets):
                # Literal text of an f-string up to a field or the end; the tokens made.
                string = strings[-1]
                made = []
                text = ''
                start = (self._row, at)
                lines = line
                while True:
                    if at >= len(line):
                        line = self._next_line()
                        if not line:
                            return None, 0, []
                        lines += line
                        at = 0
                    character = line[at]
                    if not string.spec and line.startswith(string.quote, at):
                        if text:
                            made.append((_token.FSTRING_MIDDLE, text, start, (self._row, at), lines))
                        end = at + len(string.quote)
                        made.append((_token.FSTRING_END, string.quote, (self._row, at), (self._row, end), line))
                        strings.pop()
                        return line, end, made
                    if character in '\r\n' and len(string.quote) == 1:
                        if string.spec:
                            if text:
                                made.append((_token.FSTRING_MIDDLE, text, start, (self._row, at), lines))
                            string.spec = False
                            return line, at, made
                        raise self._error('unterminated f-string literal (detected at line %d)' % self._row, string.start[0], string.start[1] + 1)
                    if character == '\\':
                        count = 1 if line[at + 1:at + 2] in ('{', '}') else 3 if line.startswith('\r\n', at + 1) else 2
                        if not string.raw and line.startswith('\\N{', at):
                            count = line.find('}', at) + 1 - at
                        text += line[at:at + count]
                        at += count
                        continue
                    if character in '{}' and not string.spec and line.startswith(character * 2, at):
                        text += character
                        at += 1
                        made.append((_token.FSTRING_MIDDLE, text, start, (self._row, at), lines))
                        at += 1
                        text = ''
                        start = (self._row, at)
                        lines = line
                        continue
                    if character == '{' or (character == '}' and string.spec):
                        if text or character == '}':
                            made.append((_token.FSTRING_MIDDLE, text, start, (self._row, at), lines))
                        made.append((self._op(character), character, (self._row, at), (self._row, at + 1), line))
                        if character == '{':
                            string.depth.append(len(brackets))
                            string.spec = False
                        else:
                            self._leave(string, brackets)
                        return line, at + 1, made
                    if character == '}':
                        raise self._error("f-string: single '}' is not allowed", self._row, at + 1)
                    text += character
                    at += 1
        """#
}
