// The modules `_md5`, `_sha1`, `_sha256`, `_sha2`, `_sha3` and `_blake2`. The digests are native (Digests.swift), the objects that collect data are Python.
//
// One `update` is one operation on a bytearray, so threads may share an object. A digest is computed from all that was collected.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
public import StillVM

public enum DigestModules {
    public static let definitions = [
        make("_md5", "md5 = _maker('md5', 16, 64, 'md5')"),
        make("_sha1", "sha1 = _maker('sha1', 20, 64, 'sha1')"),
        make("_sha256", "sha224 = _maker('sha224', 28, 64, 'sha224')\nsha256 = _maker('sha256', 32, 64, 'sha256')"),
        make(
            "_sha2",
            """
            sha224 = _maker('sha224', 28, 64, 'sha224')
            sha256 = _maker('sha256', 32, 64, 'sha256')
            from _sha512 import sha384, sha512
            """),
        make("_sha3", sha3),
        make("_blake2", blake2),
    ]

    private static func make(_ name: String, _ source: String) -> ModuleDefinition {
        ModuleDefinition(name: name) { m in
            m.function("_digest", 2, 3) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try DigestModules.digest(t, a, n) }
            }
            m.function("_blake", 5, 5) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try DigestModules.blake(t, a) }
            }
            PythonPart.run(m, common + source)
        }
    }

    private static func bytes(_ t: Thread, _ word: UInt64) throws(PythonError) -> [UInt8] {
        guard let bytes = t.bytesLike(Value(bits: word)) else { throw t.raise(.typeError, "object supporting the buffer API required") }
        return bytes
    }

    /// (kind, data[, length])
    private static func digest(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) throws(PythonError) -> Value {
        let data = try bytes(t, a[1])
        let count = n > 2 ? try t.indexInt(Value(bits: a[2])) : 0
        if count < 0 { throw t.raise(.valueError, "value must be positive") }
        if count > 1 << 29 { throw t.raise(.valueError, "length is too large") }
        let kind = StrRef(Value(bits: a[0])).string
        let result: [UInt8]? = t.detached {
            switch kind {
            case "md5": Digests.md5(data)
            case "sha1": Digests.sha1(data)
            case "sha224": Digests.sha256(data, short: true)
            case "sha256": Digests.sha256(data, short: false)
            case "sha3_224": Digests.sha3(data, rate: 144, suffix: 6, count: 28)
            case "sha3_256": Digests.sha3(data, rate: 136, suffix: 6, count: 32)
            case "sha3_384": Digests.sha3(data, rate: 104, suffix: 6, count: 48)
            case "sha3_512": Digests.sha3(data, rate: 72, suffix: 6, count: 64)
            case "shake_128": Digests.sha3(data, rate: 168, suffix: 0x1F, count: count)
            case "shake_256": Digests.sha3(data, rate: 136, suffix: 0x1F, count: count)
            default: nil
            }
        }
        guard let result else { throw t.raise(.systemError, "unknown digest") }
        return try t.makeBytes(result)
    }

    /// (wide, data, key, parameter block, length)
    private static func blake(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>) throws(PythonError) -> Value {
        let wide = try t.isTrue(Value(bits: a[0]))
        let (data, key, parameters) = (try bytes(t, a[1]), try bytes(t, a[2]), try bytes(t, a[3]))
        let count = try t.indexInt(Value(bits: a[4]))
        let size = wide ? 64 : 32
        guard parameters.count == size, key.count <= size, count > 0, count <= size else { throw t.raise(.valueError, "bad parameters") }
        let result = t.detached {
            wide
                ? Digests.blake2b(data, key: key, parameters: parameters, count: count)
                : Digests.blake2s(data, key: key, parameters: parameters, count: count)
        }
        return try t.makeBytes(result)
    }

    private static let common = """
        def _checked(data):
            if isinstance(data, str):
                raise TypeError('Strings must be encoded before hashing')
            return memoryview(data)


        class _Hash:
            def __init__(self, name, size, block, kind, data):
                self.name, self.digest_size, self.block_size, self._kind = name, size, block, kind
                self._data = bytearray(data)

            def update(self, data, /):
                self._data.extend(_checked(data))

            def digest(self):
                return _digest(self._kind, self._data)

            def hexdigest(self):
                return self.digest().hex()

            def copy(self):
                return type(self)(self.name, self.digest_size, self.block_size, self._kind, self._data)

            def __repr__(self):
                return '<%s _hashlib.HASH object @ %#x>' % (self.name, id(self))


        class _Extendable(_Hash):
            def digest(self, length, /):
                return _digest(self._kind, self._data, length)

            def hexdigest(self, length, /):
                return self.digest(length).hex()


        def _maker(name, size, block, kind, cls=_Hash):
            def make(string=b'', *, usedforsecurity=True):
                return cls(name, size, block, kind, _checked(string))
            make.__name__ = make.__qualname__ = name
            return make


        """
    private static let sha3 = """
        implementation = 'stillpoint'
        sha3_224 = _maker('sha3_224', 28, 144, 'sha3_224')
        sha3_256 = _maker('sha3_256', 32, 136, 'sha3_256')
        sha3_384 = _maker('sha3_384', 48, 104, 'sha3_384')
        sha3_512 = _maker('sha3_512', 64, 72, 'sha3_512')
        shake_128 = _maker('shake_128', 0, 168, 'shake_128', _Extendable)
        shake_256 = _maker('shake_256', 0, 136, 'shake_256', _Extendable)
        """
    private static let blake2 = """
        class _Blake2:
            def __init__(self, data=b'', /, *, digest_size=None, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0,
                         node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True):
                wide = self._wide
                size = self.MAX_DIGEST_SIZE
                digest_size = size if digest_size is None else digest_size
                if not 1 <= digest_size <= size:
                    raise ValueError('digest_size for %s must be between 1 and %d bytes, here it is %d' % (self.name.title(), size, digest_size))
                key, salt, person = bytes(memoryview(key)), bytes(memoryview(salt)), bytes(memoryview(person))
                for what, value, limit in (('salt', salt, self.SALT_SIZE), ('person', person, self.PERSON_SIZE), ('key', key, size)):
                    if len(value) > limit:
                        raise ValueError('maximum %s length is %d bytes' % (what, limit))
                if last_node:
                    raise NotImplementedError('%s() does not support last_node' % self.name)
                offset = node_offset.to_bytes(8 if wide else 6, 'little')
                head = bytes((digest_size, len(key), fanout, depth)) + leaf_size.to_bytes(4, 'little') + offset
                head += bytes((node_depth, inner_size)) + bytes(14 if wide else 0)
                self._parameters = head + salt.ljust(self.SALT_SIZE, b'\\0') + person.ljust(self.PERSON_SIZE, b'\\0')
                self._key = key
                self.digest_size = digest_size
                self._data = bytearray(_checked(data))

            def update(self, data, /):
                self._data.extend(_checked(data))

            def digest(self):
                return _blake(self._wide, self._data, self._key, self._parameters, self.digest_size)

            def hexdigest(self):
                return self.digest().hex()

            def copy(self):
                made = object.__new__(type(self))
                made._parameters, made._key, made.digest_size = self._parameters, self._key, self.digest_size
                made._data = bytearray(self._data)
                return made


        class blake2b(_Blake2):
            name, block_size, _wide = 'blake2b', 128, True
            MAX_DIGEST_SIZE = MAX_KEY_SIZE = 64
            SALT_SIZE = PERSON_SIZE = 16


        class blake2s(_Blake2):
            name, block_size, _wide = 'blake2s', 64, False
            MAX_DIGEST_SIZE = MAX_KEY_SIZE = 32
            SALT_SIZE = PERSON_SIZE = 8


        blake2b.__module__ = blake2s.__module__ = '_blake2'
        """
}
