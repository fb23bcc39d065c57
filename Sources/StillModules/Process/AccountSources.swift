// The modules `pwd` and `grp`, in Python: what /etc/passwd and /etc/group say. Other sources of accounts are not asked.
enum AccountSources {
    static let users = #"""
        class struct_passwd(tuple):
            __slots__ = ()
            _names = ('pw_name', 'pw_passwd', 'pw_uid', 'pw_gid', 'pw_gecos', 'pw_dir', 'pw_shell')
            n_fields = n_sequence_fields = 7

            def __repr__(self):
                return 'pwd.struct_passwd(' + ', '.join('%s=%r' % pair for pair in zip(self._names, self)) + ')'


        struct_passwd.__qualname__ = 'struct_passwd'
        for _at, _name in enumerate(struct_passwd._names):
            setattr(struct_passwd, _name, property(lambda self, at=_at: self[at]))


        def _entry(line):
            parts = line.rstrip('\n').split(':')
            if len(parts) != 7:
                return None
            try:
                return struct_passwd((parts[0], parts[1], int(parts[2]), int(parts[3]), *parts[4:]))
            except ValueError:
                return None


        def getpwall():
            with open('/etc/passwd', encoding='utf-8', errors='surrogateescape') as file:
                return [entry for entry in map(_entry, file) if entry is not None]


        def getpwnam(name, /):
            if not isinstance(name, str):
                raise TypeError('getpwnam() argument must be str, not ' + type(name).__name__)
            for entry in getpwall():
                if entry[0] == name:
                    return entry
            raise KeyError('getpwnam(): name not found: %r' % name)


        def getpwuid(uid, /):
            uid = uid.__index__()
            for entry in getpwall():
                if entry[2] == uid:
                    return entry
            raise KeyError('getpwuid(): uid not found: %d' % uid)
        """#

    static let groups = #"""
        class struct_group(tuple):
            __slots__ = ()
            _names = ('gr_name', 'gr_passwd', 'gr_gid', 'gr_mem')
            n_fields = n_sequence_fields = 4

            def __repr__(self):
                return 'grp.struct_group(' + ', '.join('%s=%r' % pair for pair in zip(self._names, self)) + ')'


        for _at, _name in enumerate(struct_group._names):
            setattr(struct_group, _name, property(lambda self, at=_at: self[at]))


        def _entry(line):
            parts = line.rstrip('\n').split(':')
            if len(parts) != 4:
                return None
            try:
                return struct_group((parts[0], parts[1], int(parts[2]), [name for name in parts[3].split(',') if name]))
            except ValueError:
                return None


        def getgrall():
            with open('/etc/group', encoding='utf-8', errors='surrogateescape') as file:
                return [entry for entry in map(_entry, file) if entry is not None]


        def getgrnam(name):
            if not isinstance(name, str):
                raise TypeError('getgrnam() argument must be str, not ' + type(name).__name__)
            for entry in getgrall():
                if entry[0] == name:
                    return entry
            raise KeyError('getgrnam(): name not found: %r' % name)


        def getgrgid(id):
            id = id.__index__()
            for entry in getgrall():
                if entry[2] == id:
                    return entry
            raise KeyError('getgrgid(): gid not found: %d' % id)
        """#
}
