from datetime import UTC, datetime, timedelta, timezone

import pytest

from cnnlab import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (words.percent(0.86), "86.0%"),
        (words.percent(-0.004), "−0.4%"),
        (words.percent(1, 0), "100%"),
        (words.number(-0.04), "0.0"),
        (words.number(-1234.56), "−1,234.6"),
        (words.signed(3.1), "+3.1"),
        (words.signed(-0.6), "−0.6"),
        (words.signed(-0.04), "0.0"),
        (words.signed(7, 0), "+7"),
        (words.signed_points(0.031), "+3.1 points"),
        (words.p_value(0.0121), "p = 0.012"),
        (words.p_value(0.0009), "p < 0.001"),
        (words.p_value(0.0496), "p = 0.050"),
        (words.p_value(0.0496, border=0.05), "p = 0.0496"),
        (words.p_value(0.05, border=0.05), "p = 0.050"),
        (words.count(1, "run"), "1 run"),
        (words.count(0, "run"), "0 runs"),
        (words.count(1234, "image"), "1,234 images"),
        (words.count(2, "class", "classes"), "2 classes"),
        (words.large(243_786), "243,786"),
        (words.large(5_056_000), "5.06 million"),
        (words.seconds(19.4), "19 s"),
        (words.seconds(118), "2 min"),
        (words.listing([]), ""),
        (words.listing(["a"]), "a"),
        (words.listing(["a", "b"]), "a and b"),
        (words.listing(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_numbers_and_lists_have_one_format(text, expected):
    assert text == expected


def test_a_moment_is_told_in_the_time_zone_of_the_reader():
    time = datetime(2026, 11, 25, 13, 5, tzinfo=UTC)
    assert words.moment(time, timezone(timedelta(hours=1))) == "25 Nov 2026, 14:05"


@pytest.mark.parametrize(
    "value, text",
    [
        (0, "0"),
        (640, "640"),
        (999.6, "1 k"),
        (14_410, "14.4 k"),
        (243_786, "244 k"),
        (999_700, "1 M"),
        (1_386_506, "1.39 M"),
    ],
)
def test_a_number_of_things_fits_a_card(value, text):
    assert words.short(value) == text


@pytest.mark.parametrize("value", [3.05, 100 * (0.8595 - 0.829), 100 * 61 / 2000, 3.0499999999999972])
def test_the_same_gap_reads_the_same_however_it_was_computed(value):
    assert (words.number(value), words.signed(value), words.signed(-value)) == ("3.0", "+3.0", "−3.0")


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), 1e300])
def test_what_is_not_finite_or_huge_is_written_all_the_same(value):
    assert words.number(value) == f"{value:,.1f}".replace("-", "−")
