// The module `cmath`, in Python on `math`: principal branches, with the sides of the cuts by the signs of zeros.
enum ComplexMathSource {
    static let text = #"""
        import math as _math
        from math import pi, e, tau, inf, nan

        infj = complex(0.0, inf)
        nanj = complex(0.0, nan)


        def _complex(x):
            if isinstance(x, (complex, float, int)):
                return complex(x)
            if hasattr(x, '__complex__') or hasattr(x, '__float__') or hasattr(x, '__index__'):
                return complex(x)
            raise TypeError('must be real number, not ' + type(x).__name__)


        def isnan(z, /):
            z = _complex(z)
            return _math.isnan(z.real) or _math.isnan(z.imag)


        def isinf(z, /):
            z = _complex(z)
            return _math.isinf(z.real) or _math.isinf(z.imag)


        def isfinite(z, /):
            z = _complex(z)
            return _math.isfinite(z.real) and _math.isfinite(z.imag)


        def isclose(a, b, *, rel_tol=1e-09, abs_tol=0.0):
            if rel_tol < 0.0 or abs_tol < 0.0:
                raise ValueError('tolerances must be non-negative')
            a, b = _complex(a), _complex(b)
            if a == b:
                return True
            if isinf(a) or isinf(b):
                return False
            difference = abs(a - b)
            return difference <= rel_tol * abs(b) or difference <= rel_tol * abs(a) or difference <= abs_tol


        def phase(z, /):
            z = _complex(z)
            return _math.atan2(z.imag, z.real)


        def polar(z, /):
            z = _complex(z)
            return (abs(z), _math.atan2(z.imag, z.real))


        def rect(r, phi, /):
            r, phi = float(r), float(phi)
            if not (_math.isfinite(r) and _math.isfinite(phi)):
                if _math.isinf(phi) and r != 0.0 and not _math.isnan(r):
                    raise ValueError('math domain error')
                if _math.isinf(r) and _math.isfinite(phi) and phi != 0.0:
                    return complex(_math.copysign(inf, r * _math.cos(phi)), _math.copysign(inf, r * _math.sin(phi)))
                if phi == 0.0:
                    return complex(r, r * phi if _math.isfinite(r) else phi)
                return complex(nan, 0.0 if r == 0.0 else nan) if r != 0.0 else complex(0.0, 0.0)
            if phi == 0.0:
                return complex(r, r * phi)
            return complex(r * _math.cos(phi), r * _math.sin(phi))


        def exp(z, /):
            z = _complex(z)
            x, y = z.real, z.imag
            if not (_math.isfinite(x) and _math.isfinite(y)):
                if _math.isinf(y) and (_math.isfinite(x) or x == inf):
                    raise ValueError('math domain error')
                if x == -inf:
                    if _math.isfinite(y):
                        return complex(_math.copysign(0.0, _math.cos(y)), _math.copysign(0.0, _math.sin(y)))
                    return complex(0.0, 0.0)
                if x == inf and _math.isfinite(y):
                    if y == 0.0:
                        return complex(inf, y)
                    return complex(_math.copysign(inf, _math.cos(y)), _math.copysign(inf, _math.sin(y)))
                return complex(x if x == inf else nan, y if y == 0.0 else nan)
            if x > 708.0:
                scale = _math.exp(x - 1.0)
                result = complex(scale * _math.cos(y) * e, scale * _math.sin(y) * e)
            else:
                scale = _math.exp(x)
                result = complex(scale * _math.cos(y), scale * _math.sin(y))
            if isinf(result):
                raise OverflowError('math range error')
            return result


        def log(z, base=None, /):
            z = _complex(z)
            result = _log(z)
            if base is not None:
                result /= _log(_complex(base))
            return result


        def _log(z):
            if z == 0:
                raise ValueError('math domain error')
            x, y = abs(z.real), abs(z.imag)
            if isfinite(z):
                if x > 1e300 or y > 1e300:
                    real = _math.log(_math.hypot(x / 2.0, y / 2.0)) + _math.log(2.0)
                elif x < 1e-300 and y < 1e-300:
                    real = _math.log(_math.hypot(_math.ldexp(x, 53), _math.ldexp(y, 53))) - 53 * _math.log(2.0)
                else:
                    h = _math.hypot(x, y)
                    if 0.71 <= h <= 1.73:
                        large, small = max(x, y), min(x, y)
                        real = _math.log1p((large - 1) * (large + 1) + small * small) / 2.0
                    else:
                        real = _math.log(h)
            elif isinf(z):
                real = inf
            else:
                real = nan
            return complex(real, _math.atan2(z.imag, z.real))


        def log10(z, /):
            result = _log(_complex(z))
            return complex(result.real / _math.log(10.0), result.imag / _math.log(10.0))


        def sqrt(z, /):
            z = _complex(z)
            x, y = z.real, z.imag
            if _math.isinf(y):
                return complex(inf, y)
            if not isfinite(z):
                if x == inf:
                    return complex(inf, _math.copysign(0.0, y) if not _math.isnan(y) else nan)
                if x == -inf:
                    return complex(nan, inf) if _math.isnan(y) else complex(0.0, _math.copysign(inf, y))
                return complex(nan, nan)
            if x == 0.0 and y == 0.0:
                return complex(0.0, y)
            ax, ay = abs(x), abs(y)
            if ax < 2.3e-308 and ay < 2.3e-308 and (ax > 0.0 or ay > 0.0):
                ax = _math.ldexp(ax, 54)
                s = _math.ldexp(_math.sqrt(ax + _math.hypot(ax, _math.ldexp(ay, 54))), -27) / _math.sqrt(2.0)
            else:
                ax /= 8.0
                s = 2.0 * _math.sqrt(ax + _math.hypot(ax, ay / 8.0))
            d = ay / (2.0 * s)
            if x >= 0.0:
                return complex(s, _math.copysign(d, y))
            return complex(d, _math.copysign(s, y))


        def sinh(z, /):
            z = _complex(z)
            x, y = z.real, z.imag
            if not isfinite(z):
                if _math.isinf(y) and not _math.isnan(x):
                    if x == 0.0 or _math.isfinite(x):
                        raise ValueError('math domain error')
                    raise ValueError('math domain error')
                if _math.isinf(x) and _math.isfinite(y):
                    if y == 0.0:
                        return complex(x, y)
                    return complex(_math.copysign(inf, x) * _math.copysign(1.0, _math.cos(y)), _math.copysign(inf, _math.sin(y)))
                return complex(x if x == 0.0 or _math.isinf(x) else nan, y if y == 0.0 else nan)
            try:
                return complex(_math.cos(y) * _math.sinh(x), _math.sin(y) * _math.cosh(x))
            except OverflowError:
                raise OverflowError('math range error') from None


        def cosh(z, /):
            z = _complex(z)
            x, y = z.real, z.imag
            if not isfinite(z):
                if _math.isinf(y) and not _math.isnan(x):
                    raise ValueError('math domain error')
                if _math.isinf(x) and _math.isfinite(y):
                    if y == 0.0:
                        return complex(inf, _math.copysign(y, x * y) if y == 0.0 else y)
                    return complex(_math.copysign(inf, _math.cos(y)), _math.copysign(inf, _math.sin(y) * _math.copysign(1.0, x)))
                return complex(inf if _math.isinf(x) else nan, 0.0 if y == 0.0 or x == 0.0 else nan)
            try:
                return complex(_math.cos(y) * _math.cosh(x), _math.sin(y) * _math.sinh(x))
            except OverflowError:
                raise OverflowError('math range error') from None


        def tanh(z, /):
            z = _complex(z)
            x, y = z.real, z.imag
            if not isfinite(z):
                if _math.isinf(y) and _math.isfinite(x):
                    raise ValueError('math domain error')
                if _math.isinf(x):
                    if _math.isfinite(y):
                        return complex(_math.copysign(1.0, x), _math.copysign(0.0, 2.0 * _math.sin(y) * _math.cos(y)))
                    return complex(_math.copysign(1.0, x), 0.0)
                return complex(nan, y if y == 0.0 else nan)
            if abs(x) > 354.0:
                return complex(_math.copysign(1.0, x), 4.0 * _math.sin(y) * _math.cos(y) * _math.exp(-2.0 * abs(x)))
            tx = _math.tanh(x)
            ty = _math.tan(y)
            cx = 1.0 / _math.cosh(x)
            txty = tx * ty
            denominator = 1.0 + txty * txty
            return complex(tx * (1.0 + ty * ty) / denominator, ((ty / denominator) * cx) * cx)


        def _turned(z):
            return complex(-z.imag, z.real)


        def _turned_back(z):
            return complex(z.imag, -z.real)


        def sin(z, /):
            return _turned_back(sinh(_turned(_complex(z))))


        def cos(z, /):
            return cosh(_turned(_complex(z)))


        def tan(z, /):
            return _turned_back(tanh(_turned(_complex(z))))


        def asinh(z, /):
            z = _complex(z)
            if not isfinite(z) or abs(z.real) > 1e150 or abs(z.imag) > 1e150:
                if isnan(z) and not isinf(z):
                    return complex(nan, nan)
                h = _math.log(_math.hypot(z.real / 2.0, z.imag / 2.0)) + 2.0 * _math.log(2.0) if isfinite(z) else inf
                return complex(_math.copysign(h, z.real), _math.atan2(z.imag, abs(z.real)))
            s1 = sqrt(complex(1.0 + z.imag, -z.real))
            s2 = sqrt(complex(1.0 - z.imag, z.real))
            return complex(_math.asinh(s1.real * s2.imag - s2.real * s1.imag), _math.atan2(z.imag, s1.real * s2.real - s1.imag * s2.imag))


        def acosh(z, /):
            z = _complex(z)
            if not isfinite(z) or abs(z.real) > 1e150 or abs(z.imag) > 1e150:
                h = _math.log(_math.hypot(z.real / 2.0, z.imag / 2.0)) + 2.0 * _math.log(2.0) if isfinite(z) else inf
                return complex(h, _math.atan2(z.imag, z.real))
            s1 = sqrt(complex(z.real - 1.0, z.imag))
            s2 = sqrt(complex(z.real + 1.0, z.imag))
            return complex(_math.asinh(s1.real * s2.real + s1.imag * s2.imag), 2.0 * _math.atan2(s1.imag, s2.real))


        def atanh(z, /):
            z = _complex(z)
            x, y = z.real, z.imag
            if x < 0.0 or (x == 0.0 and _math.copysign(1.0, x) < 0.0):
                return -atanh(-z)
            ay = abs(y)
            if not isfinite(z) or x > 1e150 or ay > 1e150:
                if isnan(z) and not isinf(z):
                    return complex(nan, nan)
                h = _math.hypot(x / 2.0, y / 2.0) if isfinite(z) else inf
                real = x / 4.0 / h / h if isfinite(z) else 0.0
                return complex(real, -_math.copysign(pi / 2.0, -y))
            if x == 1.0 and ay < 1.4e-154:
                if ay == 0.0:
                    raise ValueError('math domain error')
                return complex(-_math.log(_math.sqrt(ay) / _math.sqrt(_math.hypot(ay, 2.0))),
                               _math.copysign(_math.atan2(2.0, -ay) / 2, y))
            return complex(_math.log1p(4.0 * x / ((1 - x) * (1 - x) + ay * ay)) / 4.0,
                           -_math.atan2(-2.0 * y, (1 - x) * (1 + x) - ay * ay) / 2.0)


        def asin(z, /):
            return _turned_back(asinh(_turned(_complex(z))))


        def acos(z, /):
            z = _complex(z)
            if not isfinite(z) or abs(z.real) > 1e150 or abs(z.imag) > 1e150:
                h = _math.log(_math.hypot(z.real / 2.0, z.imag / 2.0)) + 2.0 * _math.log(2.0) if isfinite(z) else inf
                return complex(_math.atan2(abs(z.imag), z.real), -_math.copysign(h, z.imag))
            s1 = sqrt(complex(1.0 - z.real, -z.imag))
            s2 = sqrt(complex(1.0 + z.real, z.imag))
            return complex(2.0 * _math.atan2(s1.real, s2.real), _math.asinh(s2.real * s1.imag - s2.imag * s1.real))


        def atan(z, /):
            return _turned_back(atanh(_turned(_complex(z))))
        """#
}
