"""What was found out about networks, as data: one sentence that is claimed, its numbers, and its limits.

Every text in a finding is plain, names that people typed included. Each medium renders findings in one
place and escapes them there: the pages in `cnnlab.ui.plain_text`, the command line with `text` below, and
the report in its template.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cnnlab import words
from cnnlab.evidence.intervals import LEVEL, SIGNIFICANT, Interval

MOST_DIGITS = 4
SEED_STUDY = "To see if other seeds agree, run a seed study."


@dataclass(frozen=True)
class Quantity:
    """A number with its unit."""

    value: float
    unit: str
    """Such as 'points', which are percentage points."""
    digits: int = 1
    """Decimals of the number and of its interval."""
    introduced_by: str = ""
    """What comes before the number beside the claim: 'CNN ahead by'. Empty where the claim states it."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found out."""

    subject: tuple[str, ...]
    """What it is about: the names of networks."""
    claim: str
    """A sentence without its full stop."""
    figure: Quantity | None = None
    interval: Interval | None = None
    """Of the figure, in its unit, at `LEVEL`."""
    p_value: float | None = None
    test: str = ""
    """The test that the p-value comes from."""
    grounds: tuple[str, ...] = ()
    """Sentences with the counts that the claim is based on."""
    caveats: tuple[str, ...] = ()
    """Sentences that say what the claim does not cover."""
    topic: str = ""
    """Introduces the claim where it needs that: 'Max or average pooling:'."""

    @property
    def numbers(self) -> str:
        """Those that the claim does not state: '95% interval 2.2 to 3.1, p < 0.001'. Empty without any."""
        parts = [self._introduced(), self._interval_words()]
        if self.p_value is not None:
            parts += [words.p_value(self.p_value, SIGNIFICANT), self.test]
        return ", ".join(filter(None, parts))

    @property
    def before_claim(self) -> str:
        """What precedes the claim, with a space behind it."""
        return f"{self.topic} " if self.topic else ""

    @property
    def after_claim(self) -> str:
        """What follows the claim: its numbers, the full stop, the grounds and the caveats."""
        numbers = f" ({self.numbers})" if self.numbers else ""
        return " ".join([f"{numbers}.", *self.grounds, *self.caveats])

    def _introduced(self) -> str:
        if self.figure is None or not self.figure.introduced_by:
            return ""
        number = words.number(self.figure.value, self.figure.digits)
        return f"{self.figure.introduced_by} {number} {self.figure.unit}"

    def _interval_words(self) -> str:
        if self.interval is None:
            return ""
        digits = self.figure.digits if self.figure else 1
        while digits < MOST_DIGITS and any(end and not round(end, digits) for end in self.interval):
            digits += 1  # an end that is not 0 must not read as 0
        return f"{LEVEL:.0%} interval {' to '.join(words.number(end, digits) for end in self.interval)}"


def text(findings: Iterable[Finding]) -> str:
    """Findings as plain text: one paragraph."""
    return " ".join(f"{each.before_claim}{each.claim}{each.after_claim}" for each in findings)


def in_points(interval: Interval, mirrored: bool = False) -> Interval:
    """An interval of a difference of shares in percentage points, seen from the other side if `mirrored`."""
    low, high = (-interval[1], -interval[0]) if mirrored else interval
    return Interval(100 * low, 100 * high)


def no_clear_winner(p_value: float) -> str:
    """How often chance alone makes a gap that is not significant; the beginning of a claim."""
    return f"no clear winner: a gap this large would arise by chance {_share_of_time(p_value)} of the time"


def _share_of_time(p_value: float) -> str:
    """In percent, with enough decimals not to be rounded onto the border of what is significant."""
    if p_value < 0.01:
        return "less than 1%"
    return words.percent(p_value, words.digits_off_border(p_value, SIGNIFICANT, 2) - 2)


def capitalized(sentence: str) -> str:
    """With a capital first letter, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]
