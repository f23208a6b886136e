"""Numbers and lists in words, in one format for every page, the command line and the report.

Minus signs are the typographer's (U+2212), thousands are separated by commas, percentages have no space.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo

SETTLED = 9  # decimals that arithmetic in float64 leaves alone
MINUS = "−"
MILLION = 1_000_000


def with_minus(text: str) -> str:
    """A formatted number with a true minus sign in place of the hyphen: '-0.6' becomes '−0.6'."""
    return text.replace("-", MINUS)


def percent(share: float, digits: int = 1) -> str:
    """A share from 0 to 1 in percent: 0.86 is '86.0%'."""
    return with_minus(f"{share:.{digits}%}")


def rounded(value: float, digits: int) -> float:
    """Rounded, whatever a subtraction has left in the last bits.

    So 3.05 and 3.0500000000000025, the same gap computed from counts and from accuracies, become the same.
    """
    return round(round(value, SETTLED), digits)


def number(value: float, digits: int = 1) -> str:
    """A number with so many decimals, and no sign on a zero: -0.04 is '0.0'."""
    return with_minus(f"{rounded(value, digits) + 0.0:,.{digits}f}")


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign, which a rounded zero does not have: '+3.1', '−0.6', '0.0'."""
    number = rounded(value, digits)
    return with_minus(f"{number:+,.{digits}f}") if number else f"{0:.{digits}f}"


def signed_points(difference: float, digits: int = 1) -> str:
    """A difference of two shares in percentage points, with its sign: 0.031 is '+3.1 points'."""
    return f"{signed(100 * difference, digits)} points"


def p_value(p: float, border: float | None = None) -> str:
    """'p = 0.012', or 'p < 0.001'; with more decimals where it would else be rounded onto the border."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.{3 if border is None else digits_off_border(p, border, 3)}f}"


def digits_off_border(value: float, border: float, digits: int) -> int:
    """At least so many decimals, and as many as distinguish the value from a border that it is not on."""
    while value != border and round(value, digits) == border:
        digits += 1
    return digits


def count(amount: int, noun: str, plural: str = "") -> str:
    """A number of things: '1 run', '2 runs', '1,234 images'."""
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def large(value: float) -> str:
    """A cost in few characters: '243,786', from a million on '5.06 million'."""
    return f"{value / MILLION:.3g} million" if value >= MILLION else f"{value:,.0f}"


def short(value: float) -> str:
    """A number of things in at most four characters and a letter: '640', '14.4 k', '244 k', '1.39 M'."""
    for size, letter in ((MILLION, "M"), (1000, "k")):
        if value >= size * 0.9995:
            return f"{value / size:.3g} {letter}"
    return f"{value:.0f}"


def seconds(duration: float) -> str:
    """'19 s', from 90 seconds on '2 min'."""
    return f"{duration:.0f} s" if duration < 90 else f"{duration / 60:.0f} min"


def listing(parts: Sequence[str], last: str = "and") -> str:
    """'a', 'a and b', 'a, b and c', with another word before the last one on request; empty for nothing."""
    return f" {last} ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def moment(time: datetime, zone: tzinfo | None = None) -> str:
    """A point in time, in a time zone or else this machine's: '25 Nov 2026, 14:05'."""
    local = time.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"
