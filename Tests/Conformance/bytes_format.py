# The % operator of bytes and bytearray.
def t(f, *a):
    try: print(f % (a[0] if len(a)==1 else a))
    except Exception as e: print(type(e).__name__, e)
class B:
    def __bytes__(self): return b'BB'
class I:
    def __index__(self): return 65
class F:
    def __float__(self): return 1.5
t(b'%d', 5); t(b'%5d|%-5d|%05d', 5, 6, 7); t(b'%s', b'abc'); t(b'%s', 'abc'); t(b'%b', B()); t(b'%b', 3); t(b'%a', 'h\xe9'); t(b'%r', 'x')
t(b'%c', 65); t(b'%c', 256); t(b'%c', b'a'); t(b'%c', b'ab'); t(b'%c', 'a'); t(b'%c', -1); t(b'%c', I()); t(b'%c', bytearray(b'z'));t(b'%c', 1.5)
t(b'%x %X %o %#x', 255, 255, 8, 16); t(b'%f %e %g', 1.5, 2.5, 3.5); t(b'%.2s|', b'abc'); t(b'%10s|%-10s|', b'abc', bytearray(b'd'))
t(b'%s', memoryview(b'mv')); t(b'%%'); t(b'%(a)s %(b)d', {b'a': b'x', b'b': 3}); t(b'%(a)s', {'a': 1}); t(b'%s %s', b'a'); t(b'%s', (b'a', b'b')); t(b'abc', 1); t(b'%y', 1); t(b'%', 1); t(b'%(a', {}); t(b'%(a)s', 3)
t(bytearray(b'%d-%s'), 1, b'x'); print(type(bytearray(b'%d') % 1), type(b'%d' % 1)); t(b'%d', 'x'); t(b'%d', 1.9); t(b'%x', 1.9); t(b'%f', 'x'); t(b'%f', F()); t(b'\xff%d\x80', 3); t(b'%i %u', 3, 4); t(b'%+d % d', 3, 4); t(b'%*d', 5, 42); t(b'%.3d', 7); t(b'%s', None); t(b'%s', [1]); t(b'x%%y'); t(b'%d', True); t(b'%.0f', 2.5); t(b'%c%c', 0, 255)
try: print(3 % b'%d')
except Exception as e: print(type(e).__name__, e)
x=b'%d'; x%=5; print(x)
t(b'%d', {1:2}); t(b'abc', {1:2}); t(b'abc', b'x'); t(b'abc', [1])
