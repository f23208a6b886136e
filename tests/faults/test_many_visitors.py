"""Several people on one dashboard at the same time: everybody is answered, and nothing fails."""

from tests.benchmarks.sessions import measure


def test_five_visitors_move_sliders_while_two_train_and_neither_page_nor_log_has_an_error():
    load = measure(visitors=5, training=2, seconds=8)
    assert (load.errors, load.trained) == ([], 2)
    assert "Traceback" not in load.log
    assert len(load.sliders) >= 5, "each visitor gets the table that belongs to its slider"
