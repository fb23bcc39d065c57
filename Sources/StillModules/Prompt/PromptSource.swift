// The interactive prompt, in Python: reads statements, runs them in `__main__`, prints what they raise.
//
// A statement is complete when it compiles and is not the beginning of a block; a block ends with an empty line. Input that can't be compiled is
// incomplete when the mistake is that it ends.
enum PromptSource {
    static let text = #"""
        import sys

        _BLOCKS = ('if', 'for', 'while', 'try', 'with', 'def', 'class', 'async', 'match')
        _OPEN = ('was never closed', 'unterminated triple-quoted', 'unexpected EOF', 'expected an indented block',
                 "expected 'except' or 'finally' block")


        def _starts_block(text):
            for line in text.splitlines():
                line = line.strip()
                if not line or line.startswith('#'):
                    continue
                if line.startswith('@'):
                    return True
                word = ''
                for c in line:
                    if not (c.isalnum() or c == '_'):
                        break
                    word += c
                return word in _BLOCKS and (word != 'match' or line.endswith(':'))
            return False


        def _is_open(error, text):
            message = error.msg or ''
            if any(part in message for part in _OPEN):
                return True
            if text.splitlines()[-1].lstrip().startswith('@'):
                return True
            # The line behind the last one is where the input ends.
            return error.lineno is not None and error.lineno > len(text.splitlines()) or text.endswith('\\\n')


        # What to do with the lines so far: a code object, None for more lines; raises SyntaxError.
        def _compiled(text, filename):
            ended = text.endswith('\n\n') or text == '\n'
            block = _starts_block(text)
            try:
                code = compile(text, filename, 'single')
            except SyntaxError as error:
                message = error.msg or ''
                if 'was never closed' in message or 'unterminated triple-quoted' in message or text.endswith('\\\n'):
                    return None
                if _is_open(error, text) and not ended:
                    return None
                raise
            if block and not ended:
                return None
            return code


        def _ask(prompt):
            sys.stdout.write(prompt)
            sys.stdout.flush()
            line = sys.stdin.readline()
            return line


        def run(main, remember):
            space = main.__dict__
            if not hasattr(sys, 'ps1'):
                sys.ps1 = '>>> '
            if not hasattr(sys, 'ps2'):
                sys.ps2 = '... '
            number = 0
            text = ''
            while True:
                try:
                    line = _ask(str(sys.ps2 if text else sys.ps1))
                    if not line:
                        sys.stdout.write('\n')
                        if not text.strip():
                            return
                        # The end of the input ends a block too.
                        line = '\n'
                    if not line.endswith('\n'):
                        line += '\n'
                    text += line
                    if not text.strip():
                        text = ''
                        continue
                    filename = '<python-input-%d>' % number
                    code = _compiled(text, filename)
                    if code is None:
                        continue
                    remember(filename, text)
                    number += 1
                    text = ''
                    exec(code, space)
                except SystemExit:
                    raise
                except KeyboardInterrupt:
                    text = ''
                    sys.stdout.write('\nKeyboardInterrupt\n')
                except BaseException as error:
                    text = ''
                    sys.last_exc = sys.last_value = error
                    sys.last_type, sys.last_traceback = type(error), error.__traceback__
                    shown = error.__traceback__
                    # Without the frames of the prompt itself.
                    while shown is not None and shown.tb_frame.f_globals is globals():
                        shown = shown.tb_next
                    error.__traceback__ = None if isinstance(error, SyntaxError) and shown is None else shown
                    sys.excepthook(type(error), error, error.__traceback__)
        """#
}
