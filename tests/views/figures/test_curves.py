import json

import numpy as np
import pandas as pd
import pytest

from cnnlab.views.figures.curve_lines import (
    MAX_POINTS,
    Network,
    RateChange,
    View,
    current,
    curve_lines,
    rate_changes,
    schedule_line,
    smoothed,
)
from cnnlab.views.figures.curves import LOG_AXIS, accuracy_range, curves_figure
from cnnlab.views.figures.web import figure_json


def frame(**metrics: tuple[list[int], list[float]]) -> pd.DataFrame:
    """Curves as `runs.curves` gives them: metric=(steps, values)."""
    rows = [
        (metric, step, value, 1_000 + 100 * step)
        for metric, (steps, values) in metrics.items()
        for step, value in zip(steps, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["metric", "step", "value", "milliseconds"])


def network(curves: pd.DataFrame, name: str = "CNN 8-16", color: str = "#0877bd", steps: int = 10) -> Network:
    return Network(name, color, steps, 32 * steps, curves)


ALL_FOUR = {
    "loss": ([5, 10, 20], [2.0, 1.5, 1.0]),
    "val_loss": ([10, 20], [1.6, 1.2]),
    "accuracy": ([5, 10, 20], [0.2, 0.5, 0.7]),
    "val_accuracy": ([10, 20], [0.45, 0.65]),
}


def test_a_comparison_without_values_has_no_lines_and_says_so():
    assert curve_lines([]) == []
    assert curve_lines([network(frame())]) == []
    figure = curves_figure([network(frame())])
    assert not figure.data
    assert [note.text for note in figure.layout.annotations] == ["The first values come in a moment."]


def test_each_metric_is_a_line_in_its_panel_over_the_epochs():
    lines = curve_lines([network(frame(**ALL_FOUR))])
    lines = [line for line in lines if line.kind != "best"]
    assert [(line.panel, line.name, line.kind) for line in lines] == [
        ("Loss", "CNN 8-16, training", "training"),
        ("Loss", "CNN 8-16, validation", "validation"),
        ("Accuracy", "CNN 8-16, training", "training"),
        ("Accuracy", "CNN 8-16, validation", "validation"),
    ]
    for line, (steps, values) in zip(lines, ALL_FOUR.values(), strict=True):
        np.testing.assert_array_equal(line.x, np.array(steps) / 10)
        np.testing.assert_array_equal(line.y, values)


def test_a_metric_that_was_not_reported_has_no_line():
    lines = curve_lines([network(frame(loss=([5], [2.0]), images_per_second=([5], [900.0])))])
    assert [(line.panel, line.name) for line in lines] == [("Loss", "CNN 8-16, training")]


def test_networks_keep_their_colours_and_each_its_own_epochs():
    lines = curve_lines(
        [
            network(frame(loss=([10], [1.0])), "CNN 8", "#0877bd", steps=10),
            network(frame(loss=([10], [2.0])), "Dense 32", "#f59322", steps=20),
        ]
    )
    assert [(line.name, line.color, *line.x, *line.y) for line in lines] == [
        ("CNN 8, training", "#0877bd", 1.0, 1.0),
        ("Dense 32, training", "#f59322", 0.5, 2.0),
    ]


@pytest.mark.parametrize("points", [MAX_POINTS - 1, MAX_POINTS, MAX_POINTS + 1, 12_345])
def test_a_long_line_is_thinned_and_keeps_its_first_and_its_last_point(points):
    steps = list(range(1, points + 1))
    (line,) = curve_lines([network(frame(loss=(steps, [1 / step for step in steps])), steps=1)])
    assert len(line.x) == min(points, MAX_POINTS)
    assert (line.x[0], line.x[-1]) == (1, points)
    np.testing.assert_array_equal(line.y, 1 / line.x)
    gaps = np.diff(line.x)
    assert gaps.min() >= 1 and gaps.max() - gaps.min() <= 1


def test_a_line_keeps_the_gap_where_the_loss_is_not_a_number():
    (line,) = curve_lines([network(frame(loss=([1, 2], [2.0, float("nan")])))])
    np.testing.assert_array_equal(line.y, [2.0, np.nan])


def test_the_figure_draws_every_line_and_names_each_once():
    curves = frame(**ALL_FOUR)
    figure = curves_figure([network(curves), network(curves, "Dense 32", "#f59322")])
    assert len(figure.data) == 12, "four lines and the best epoch in two panels, for each network"
    assert [trace.name for trace in figure.data if trace.showlegend] == [
        "CNN 8-16, training",
        "CNN 8-16, validation",
        "Dense 32, training",
        "Dense 32, validation",
    ]
    assert {trace.yaxis for trace in figure.data if trace.showlegend} == {"y"}
    accuracies = [trace for trace in figure.data if trace.yaxis == "y2"]
    assert len(accuracies) == 6 and not any(trace.showlegend for trace in accuracies)


def test_training_and_validation_differ_by_more_than_colour():
    training, validation = curves_figure([network(frame(**ALL_FOUR))]).data[:2]
    assert training.line.color == validation.line.color
    assert training.mode != validation.mode
    assert training.line.width < validation.line.width


def test_smoothing_is_the_debiased_exponential_mean():
    values, smoothing = [2.0, 1.0, 4.0, 3.0], 0.6
    biased, expected = 0.0, []
    for count, value in enumerate(values, start=1):  # as TensorBoard computes it
        biased = smoothing * biased + (1 - smoothing) * value
        expected.append(biased / (1 - smoothing**count))
    np.testing.assert_allclose(smoothed(pd.Series(values), smoothing), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.6, 0.99])
def test_a_constant_series_is_left_alone_by_smoothing(smoothing):
    np.testing.assert_allclose(smoothed(pd.Series([0.5] * 50), smoothing), 0.5, rtol=1e-12)


def test_a_smoothed_line_keeps_its_raw_one_behind_it_and_validation_stays_as_it_is():
    lines = curve_lines([network(frame(**ALL_FOUR))], View(smoothing=0.9))
    kinds = [line.kind for line in lines if line.panel == "Loss"]
    assert kinds == ["raw", "training", "validation", "best"]
    raw, smooth, validation, _ = lines[:4]
    np.testing.assert_array_equal(raw.y, ALL_FOUR["loss"][1])
    np.testing.assert_allclose(smooth.y, smoothed(pd.Series(ALL_FOUR["loss"][1]), 0.9))
    np.testing.assert_array_equal(validation.y, ALL_FOUR["val_loss"][1])


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ("epoch", [0.5, 1.0, 2.0]),
        ("step", [5, 10, 20]),
        ("images", [160, 320, 640]),
        ("seconds", [2.0, 3.0, 5.0]),
    ],
)
def test_the_time_axis_counts_what_was_chosen(x, expected):
    rates = [5 * 32 / 2.0, 5 * 32 / 1.0, 10 * 32 / 2.0]
    curves = frame(loss=ALL_FOUR["loss"], images_per_second=([5, 10, 20], rates))
    (line,) = curve_lines([network(curves)], View(x=x))
    np.testing.assert_allclose(line.x, expected)


def test_the_stars_of_the_accuracies_say_in_words_what_they_are():
    curves = frame(val_loss=([10], [1.0]), val_accuracy=([10], [0.7]))
    figure = curves_figure([network(curves)])
    stars = [trace for trace in figure.data if trace.marker.symbol == "star"]
    assert [trace.text for trace in stars] == [None, ("best epoch, 70.0%",)]


@pytest.mark.parametrize("accuracies", [(0.84, 0.79), (0.79, 0.84), (0.8, 0.8)])
def test_the_label_of_the_higher_star_is_above_it_and_the_other_one_below(accuracies):
    curves = [frame(val_accuracy=([0, 10], [0.1, accuracy])) for accuracy in accuracies]
    figure = curves_figure([network(each, name) for each, name in zip(curves, ("CNN", "Dense"), strict=True)])
    stars = [trace for trace in figure.data if trace.text]
    places = dict(zip(accuracies, [star.textposition for star in stars], strict=True))
    assert sorted(star.textposition for star in stars) == ["bottom left", "top left"]
    assert len(places) == 1 or places[0.84] == "top left"


def test_the_best_epoch_is_marked_in_both_panels_and_never_the_untrained_network():
    curves = frame(val_loss=([0, 10, 20], [2.3, 1.0, 1.1]), val_accuracy=([0, 10, 20], [0.9, 0.7, 0.6]))
    best = [line for line in curve_lines([network(curves)]) if line.kind == "best"]
    assert [(line.panel, *line.x, *line.y) for line in best] == [("Loss", 1.0, 1.0), ("Accuracy", 1.0, 0.7)]


def test_what_a_continuation_reports_again_replaces_what_was_there():
    rows = [("loss", 10, 2.0, 1), ("loss", 20, 1.5, 2), ("loss", 30, 1.2, 3), ("loss", 20, 1.4, 4)]
    rows += [("loss", 30, 1.1, 5), ("val_loss", 30, 1.3, 6)]
    kept = current(pd.DataFrame(rows, columns=["metric", "step", "value", "milliseconds"]))
    assert kept["value"].tolist() == [2.0, 1.4, 1.1, 1.3]


def test_a_changed_learning_rate_is_marked_once_for_both_networks():
    rates = frame(learning_rate=([0, 10, 12, 20], [0.001, 0.001, 0.0003, 0.0003]))
    assert rate_changes([network(rates), network(rates, "Dense 32")]) == [RateChange(1.2, 0.0003)]
    figure = curves_figure([network(rates)])
    assert [note.text for note in figure.layout.annotations if "rate" in note.text] == [
        "learning rate 0.0003"
    ]
    assert [shape.x0 for shape in figure.layout.shapes] == [1.2]


def test_under_a_schedule_only_a_change_by_hand_is_marked():
    steps = [0, 10, 12, 20]
    scheduled = frame(
        learning_rate=(steps, [0.01, 0.008, 0.003, 0.001]),
        peak_learning_rate=(steps, [0.01, 0.01, 0.004, 0.004]),
    )
    assert rate_changes([network(scheduled)]) == [RateChange(1.2, 0.004)]


def test_the_learning_rate_of_a_schedule_is_a_line_of_its_own_behind_the_loss():
    rates = [0.0001, 0.01, 0.005, 0.0]
    steps = [0, 10, 20, 30]
    scheduled = frame(
        loss=(steps, [2.0, 1.0, 0.5, 0.4]),
        learning_rate=(steps, rates),
        peak_learning_rate=(steps, [0.01] * 4),
    )
    networks = [network(scheduled), network(scheduled, "Dense 8")]
    [line] = schedule_line(networks)  # one, since both follow it
    assert (line.panel, line.name, list(line.x), list(line.y)) == (
        "Rate",
        "learning rate",
        [0, 1, 2, 3],
        rates,
    )
    for beside in (False, True):
        figure = curves_figure(networks, beside=beside)
        [trace] = [trace for trace in figure.data if trace.name == "learning rate"]
        assert (trace.yaxis, trace.xaxis, trace.line.dash, trace.showlegend) == ("y3", "x", "dot", True)
        assert figure.layout.yaxis3.overlaying == "y" and figure.layout.yaxis3.range[1] > 0.01
        assert figure.layout.yaxis3.visible is False


def test_a_constant_learning_rate_has_no_line():
    constant = frame(loss=([0, 10], [2.0, 1.0]), learning_rate=([0, 10], [0.01, 0.01]))
    assert schedule_line([network(constant)]) == []
    assert "yaxis3" not in curves_figure([network(constant)]).layout.to_plotly_json()


def test_a_learning_rate_that_stays_is_not_marked():
    assert rate_changes([network(frame(learning_rate=([0, 10], [0.001, 0.001])))]) == []


def test_a_ghost_is_drawn_fainter_and_left_out_of_the_legend():
    figure = curves_figure([network(frame(**ALL_FOUR))._replace(ghost=True)])
    assert all(trace.opacity < 0.5 and not trace.showlegend for trace in figure.data)


def test_values_that_are_not_finite_become_gaps_that_json_can_carry():
    figure = curves_figure([network(frame(loss=([1, 2, 3], [2.0, float("inf"), float("nan")])))])
    np.testing.assert_array_equal(figure.data[0].y, [2.0, np.inf, np.nan])
    json.dumps(figure_json(figure), allow_nan=False)


def test_the_loss_axis_is_logarithmic_on_request():
    assert curves_figure([], View(log_loss=True)).layout.yaxis.type == "log"
    assert curves_figure([]).layout.yaxis.type is None


def test_a_logarithmic_axis_is_labelled_1_2_5():
    ticks = LOG_AXIS["ticktext"]
    assert ticks[ticks.index("1") - 2 :][:5] == ["0.2", "0.5", "1", "2", "5"]


def test_accuracy_is_zoomed_to_what_the_networks_reached_since_their_first_epoch():
    first = network(
        frame(val_accuracy=([0, 10, 20, 30], [0.1, 0.7, 0.8, 0.85]), accuracy=([5, 30], [0.4, 0.9]))
    )
    second = network(frame(val_accuracy=([0, 10, 20], [0.08, 0.74, 0.78])), "Dense 32")
    low, high = accuracy_range(curve_lines([first, second]))
    assert (low, high) == pytest.approx((0.68, 0.92))
    assert curves_figure([first, second]).layout.yaxis2.range == (low, high)


@pytest.mark.parametrize(
    "accuracies", [([0], [0.1]), ([0, 10], [0.1, 0.7]), ([0, 10], [0.1, float("nan")])], ids=str
)
def test_until_a_network_has_been_validated_twice_all_is_in_view(accuracies):
    lines = curve_lines([network(frame(accuracy=([5], [0.3]), val_accuracy=accuracies))])
    assert accuracy_range(lines) is None


def test_the_zoom_ends_at_the_edges_of_what_an_accuracy_can_be():
    perfect = network(frame(val_accuracy=([10, 20], [1.0, 1.0])))
    assert accuracy_range(curve_lines([perfect])) == pytest.approx((0.995, 1.005))
    hopeless = network(frame(val_accuracy=([10, 20], [0.0, 0.001])))
    assert accuracy_range(curve_lines([hopeless]))[0] == 0.0
