# hashlib without OpenSSL: the digests of the runtime itself.
import sys
sys.modules['_hashlib'] = None
import hashlib
import hmac
data = [b'', b'a', b'abc' * 7, bytes(range(256)) * 3, b'x' * 55, b'x' * 56, b'x' * 63, b'x' * 64, b'x' * 65, b'x' * 111, b'x' * 112, b'x' * 127, b'x' * 128, b'x' * 129, b'y' * 1000]
for name in ('md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3_224', 'sha3_256', 'sha3_384', 'sha3_512', 'blake2b', 'blake2s'):
    h = hashlib.new(name)
    print(name, h.digest_size, h.block_size, h.name)
    for part in data:
        h.update(part)
        print(getattr(hashlib, name)(part).hexdigest())
    print(h.hexdigest(), h.copy().digest() == h.digest())
for name in ('shake_128', 'shake_256'):
    for part in data:
        print(name, hashlib.new(name, part).hexdigest(40), hashlib.new(name, part).hexdigest(200)[-20:])
print(hashlib.blake2b(b'data', digest_size=20, key=b'key', salt=b'salt', person=b'person').hexdigest())
print(hashlib.blake2s(b'data', digest_size=16, key=b'key', salt=b'salt', person=b'person').hexdigest())
print(hashlib.blake2b(b'', key=b'k' * 64).hexdigest())
for bad in (lambda: hashlib.md5('text'), lambda: hashlib.new('nope'), lambda: hashlib.blake2b(digest_size=65), lambda: hashlib.blake2s(key=b'x' * 33)):
    try:
        bad()
    except (TypeError, ValueError) as error:
        print(type(error).__name__)
print(hmac.new(b'key', b'message', 'sha256').hexdigest(), hmac.compare_digest(b'a', b'a'))
print(sorted(hashlib.algorithms_guaranteed))
