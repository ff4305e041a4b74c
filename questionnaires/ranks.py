"""Order as texts that sort, so that a row moves without renumbering the others.

A rank is ten decimal digits, counted up for a row added at the end and down for one added at the front,
and, between two neighbours, a fraction in letters: 5000000001 < 5000000001V < 5000000002.
"""

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
WHOLE = 10
START = 5 * 10 ** (WHOLE - 1)


def between(low: str, high: str) -> str:
    """Return a rank that sorts after *low* and before *high*; an empty one stands for the open end.

    Raises ValueError when *low* does not sort before *high*.
    """
    if low and high and low >= high:
        raise ValueError("The ranks are the wrong way round.")
    if not low and not high:
        return str(START)
    if not high:
        return f"{int(low[:WHOLE]) + 1:0{WHOLE}}"
    if not low:
        return f"{int(high[:WHOLE]) - 1:0{WHOLE}}"
    whole = low[:WHOLE]
    return whole + _fraction(low[WHOLE:], high[WHOLE:] if high[:WHOLE] == whole else "")


def spread(count: int, low: str = "", high: str = "") -> list[str]:
    """Return *count* ranks in order between *low* and *high*."""
    ranks = [""] * count
    if not high:
        for index in range(count):
            low = ranks[index] = between(low, "")
        return ranks
    pending = [(0, count, low, high)]
    while pending:
        start, end, before, after = pending.pop()
        if start < end:
            middle = (start + end) // 2
            ranks[middle] = between(before, after)
            pending += [(start, middle, before, ranks[middle]), (middle + 1, end, ranks[middle], after)]
    return ranks


def _fraction(low: str, high: str) -> str:
    """Return a text between two fractions; it never ends in the lowest digit, so there is room before it."""
    fraction = ""
    place = 0
    while True:
        a = DIGITS.index(low[place]) if place < len(low) else 0
        b = DIGITS.index(high[place]) if high and place < len(high) else len(DIGITS)
        if b - a > 1:
            return fraction + DIGITS[(a + b) // 2]
        fraction += DIGITS[a]
        if b > a:
            high = ""
        place += 1
