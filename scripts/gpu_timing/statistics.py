"""What samples of a time say."""

import math


def summary(samples):
    """Median, ends of its distribution-free 95 % confidence interval, minimum and count of times in seconds.

    The ends are order statistics whose ranks the binomial distribution gives (Hahn and Meeker, Statistical Intervals,
    5.2); below six samples no ranks reach 95 % and the interval is the range.
    """
    ordered = sorted(samples)
    n = len(ordered)
    median = ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2
    rank, tail, term = 0, 0.0, 0.5**n if n < 1000 else 0.0
    if n >= 1000:
        rank = max(0, math.floor(n / 2 - 0.5 - 1.959964 * math.sqrt(n) / 2))
    else:
        # The largest rank at which P(fewer than rank + 1 samples lie below the median) stays within 2.5 %.
        for below in range(n // 2):
            tail += term
            if tail > 0.025:
                break
            rank = below + 1
            term *= (n - below) / (below + 1)
        rank = max(0, rank - 1) if n >= 6 else 0
    return median, ordered[rank], ordered[n - 1 - rank], ordered[0], n


def is_settled(samples, precision, fewest=10):
    """Whether the median's interval is within `precision` of the median, as a fraction, after enough samples."""
    if len(samples) < fewest:
        return False
    median, low, high, _, _ = summary(samples)
    return high - low <= 2 * precision * median


def microseconds(seconds):
    return f"{seconds * 1e6:.6f}"
