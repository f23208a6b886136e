import itertools
import math
from typing import get_args

import keras
import numpy as np
import pytest

from cnnlab.data.registry import load
from cnnlab.data.split import Split, split
from cnnlab.models import engines, pace, reports, training
from cnnlab.spec import ConvBlock, ConvNetSpec, DataSpec, DenseSpec, Optimizer, RunSpec, TrainingSpec
from cnnlab.spec.orders import Orders

CNN = ConvNetSpec(
    blocks=(ConvBlock(filters=4, batch_norm=True), ConvBlock(filters=4)), dense_units=8, dropout=0.2
)
DENSE = DenseSpec(units=8)
NETWORKS = pytest.mark.parametrize("network", [CNN, DENSE], ids=["cnn", "dense"])
STEPS = 6  # an epoch: 180 images are left after the split, 32 a step, the last step has 20
Reports = list[reports.Report]


def spec_of(network, images: int = 200, **settings) -> RunSpec:
    return RunSpec(
        data=DataSpec(images=images), model=network, training=TrainingSpec(**{"epochs": 2, **settings})
    )


def images_of(spec: RunSpec) -> Split:
    """What the run learns from, with 300 test images to keep the tests short."""
    whole = split(load(spec.data.dataset, spec.data.source), spec.data, spec.training.seed)
    return Split(*list(vars(whole).values())[:4], whole.x_test[:300], whole.y_test[:300])


def train(network, control=Orders, **settings) -> tuple[reports.Outcome, Reports]:
    spec, reports = spec_of(network, **settings), []
    return training.fit(spec, images_of(spec), reports.append, control), reports


@pytest.fixture
def one_report_an_epoch(monkeypatch) -> None:
    """Takes the clock out of it: the reported training loss is the mean of the whole epoch."""
    monkeypatch.setattr(pace, "REPORT_SECONDS", math.inf)


@pytest.fixture(scope="module")
def trained() -> tuple[reports.Outcome, Reports]:
    return train(CNN, epochs=3)


def losses(reports: Reports) -> list[float]:
    """The training losses, without that of the untrained network."""
    return [news.metrics["loss"] for news in reports if "images_per_second" in news.metrics]


def weights(reports: Reports) -> list[np.ndarray]:
    """The initial kernels of all layers."""
    return list(next(news.kernels for news in reports if news.kernels).values())


@NETWORKS
def test_the_same_seed_gives_the_same_start_and_the_same_losses(network, one_report_an_epoch):
    (first, news), (again, news_again) = train(network, seed=1), train(network, seed=1)
    assert all(np.array_equal(a, b) for a, b in zip(weights(news), weights(news_again), strict=True))
    assert news[0].metrics == news_again[0].metrics
    assert len(losses(news)) == 2
    np.testing.assert_allclose(losses(news), losses(news_again), rtol=1e-6)
    np.testing.assert_allclose(first.test_probabilities, again.test_probabilities, rtol=1e-4, atol=1e-6)


@NETWORKS
def test_another_seed_gives_another_start_and_other_losses(network, one_report_an_epoch):
    (_, news), (_, other_news) = train(network, seed=1, epochs=1), train(network, seed=2, epochs=1)
    assert not np.array_equal(weights(news)[0], weights(other_news)[0])
    assert losses(news)[0] != pytest.approx(losses(other_news)[0], rel=1e-4)


def test_a_training_gives_what_plain_keras_gives_on_the_same_images_in_the_same_order():
    spec = spec_of(CNN, epochs=1)
    data, reports = images_of(spec), []
    outcome = training.fit(spec, data, reports.append)
    model = training.compiled(training.build(CNN, (28, 28, 1), 10, spec.training.seed), spec.training)
    order = training.epoch_order(len(data.y_train), spec.training.seed, 1)
    x, y = data.x_train[order], data.y_train[order]
    model.fit(x, y, batch_size=32, epochs=1, shuffle=False, verbose=0)
    for ours, keras_own in zip(outcome.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-4, atol=1e-5)


def test_a_training_learns():
    network = ConvNetSpec(blocks=(ConvBlock(filters=8),), dense_units=32)
    outcome, reports = train(network, images=500, epochs=4)
    assert outcome.metrics["test_accuracy"] > 0.4
    assert losses(reports)[-1] < reports[0].metrics["loss"] - 0.5


def test_the_first_report_is_of_the_untrained_network_at_step_0(trained):
    first, validated = trained[1][:2]
    assert (first.step, first.epoch) == (validated.step, validated.epoch) == (0, 0)
    assert set(first.metrics) == {"loss", "accuracy", "learning_rate"}
    assert set(validated.metrics) == {"val_loss", "val_accuracy"}
    assert first.metrics["loss"] == pytest.approx(math.log(10), abs=0.5)
    assert validated.metrics["val_loss"] == pytest.approx(math.log(10), abs=0.5)


def test_steps_and_epochs_never_go_back_and_end_where_the_settings_say(trained):
    outcome, reports = trained
    steps, epochs = [news.step for news in reports], [news.epoch for news in reports]
    assert steps == sorted(steps) and epochs == sorted(epochs)
    assert outcome.step == steps[-1] == 3 * STEPS
    assert (outcome.ending, outcome.reason) == ("finished", "")


def test_each_epoch_ends_with_validation_and_kernels_and_only_there(trained):
    ends = [news for news in trained[1] if news.kernels is not None]
    assert [(news.step, news.epoch) for news in ends] == [(STEPS * epoch, epoch) for epoch in range(4)]
    assert all("val_accuracy" in news.metrics for news in ends)
    assert [news for news in trained[1] if "val_loss" in news.metrics] == ends


def test_training_reports_hold_rate_and_speed(trained):
    between = [news for news in trained[1] if news.kernels is None and news.step > 0]
    assert all(
        set(news.metrics) == {"loss", "accuracy", "learning_rate", "images_per_second"} for news in between
    )
    assert all(news.metrics["learning_rate"] == pytest.approx(0.001) for news in between)
    assert all(0 <= news.metrics["accuracy"] <= 1 for news in between)


def test_kernels_are_copies_that_show_the_progress(trained):
    ends = [news.kernels for news in trained[1] if news.kernels is not None]
    assert {name: array.shape for name, array in ends[0].items()} == {
        "conv_1": (3, 3, 1, 4),
        "conv_2": (3, 3, 4, 4),
    }
    assert all(not np.array_equal(a["conv_1"], b["conv_1"]) for a, b in itertools.pairwise(ends))
    np.testing.assert_array_equal(ends[-1]["conv_1"], trained[0].model.get_layer("conv_1").kernel)


def test_a_dense_network_shows_the_weights_of_its_first_units():
    _, reports = train(DenseSpec(units=100), epochs=1)
    assert {name: array.shape for name, array in reports[1].kernels.items()} == {"dense": (784, 64)}


@pytest.mark.parametrize("asked", [1, 2, 4])
def test_a_stop_order_ends_the_training_before_the_next_steps(asked):
    calls = []

    def control() -> Orders:
        calls.append(None)
        return Orders(stop=len(calls) >= asked)

    outcome, reports = train(DENSE, control, epochs=50, batch_size=1)
    assert outcome.ending == "stopped"
    assert len(calls) == asked, "asked again after the order to stop"
    assert outcome.step < 180
    assert reports[-1].step == outcome.step and reports[-1].kernels is not None
    assert outcome.test_probabilities.shape == (300, 10)


def test_control_is_asked_often_enough_for_a_stop_within_a_second():
    """However fast the steps are, one call takes about half the interval of the reports."""
    steps = 1
    for _ in range(20):
        steps = pace.next_chunk(steps, steps * 1e-4)
    assert steps == round(pace.REPORT_SECONDS / 2 / 1e-4)
    assert pace.next_chunk(steps, 10.0) < 20


def test_a_diverged_training_ends_at_once_and_says_which_control_to_change():
    network = ConvNetSpec(
        blocks=(ConvBlock(filters=4), ConvBlock(filters=4)), dense_units=8, activation="linear"
    )
    outcome, reports = train(network, optimizer="sgd", learning_rate=10, epochs=3)
    assert outcome.ending == "diverged"
    assert outcome.step < 3 * STEPS
    assert outcome.reason == (
        f"The loss was no longer a finite number at step {outcome.step}: lower 'Learning rate' from 10."
    )
    assert not math.isfinite(losses(reports)[-1])
    assert math.isnan(outcome.metrics["test_loss"])


def test_the_accuracy_of_a_diverged_training_counts_only_the_images_it_came_to(
    monkeypatch, one_report_an_epoch
):
    class TwoGoodStepsThenNone:
        losses = iter([[1.0], [1.0, math.nan]])

        def train(self, order: np.ndarray) -> engines.StepResults:
            losses = np.array(next(self.losses), np.float32)
            return engines.StepResults(losses, np.where(np.isfinite(losses), 16, 0))

        def predict(self, x: np.ndarray) -> np.ndarray:
            return np.full((len(x), 10), 0.1, np.float32)

    monkeypatch.setattr(training, "engine_for", lambda *arguments: TwoGoodStepsThenNone())
    outcome, reports = train(DENSE)
    assert outcome.ending == "diverged"
    [news] = [news for news in reports if "images_per_second" in news.metrics]
    assert news.metrics["accuracy"] == 32 / (3 * 32)


def test_the_outcome_holds_the_best_epoch_and_the_scores_on_the_test_images(trained):
    outcome, reports = trained
    by_epoch = {news.epoch: news.metrics["val_accuracy"] for news in reports if news.kernels is not None}
    assert outcome.metrics["best_val_accuracy"] == max(by_epoch[epoch] for epoch in (1, 2, 3))
    assert by_epoch[outcome.metrics["best_epoch"]] == outcome.metrics["best_val_accuracy"]
    data = images_of(spec_of(CNN))
    loss, accuracy = training.score(outcome.test_probabilities, data.y_test)
    assert (outcome.metrics["test_loss"], outcome.metrics["test_accuracy"]) == (loss, accuracy)
    assert outcome.metrics["seconds"] > 0


def test_the_scores_are_those_of_keras_own_evaluation(trained):
    outcome, _ = trained
    data = images_of(spec_of(CNN))
    loss, accuracy = outcome.model.evaluate(data.x_test, data.y_test, verbose=0)
    assert outcome.metrics["test_loss"] == pytest.approx(loss, rel=1e-5)
    assert outcome.metrics["test_accuracy"] == pytest.approx(accuracy)


def test_a_probability_of_zero_costs_much_but_not_infinitely():
    loss, accuracy = training.score(np.array([[0.0, 1.0], [0.0, 1.0]], np.float32), np.array([0, 1]))
    assert (loss, accuracy) == (pytest.approx(87.34 / 2, abs=0.01), 0.5)


def test_the_test_images_are_touched_once_and_only_after_the_training():
    spec, reports = spec_of(DENSE), []
    data = images_of(spec)
    blank = Split(*list(vars(data).values())[:4], np.zeros_like(data.x_test), data.y_test)
    first, second = [training.fit(spec, images, reports.append).metrics for images in (data, blank)]
    assert first["best_val_accuracy"] == second["best_val_accuracy"]
    assert first["test_loss"] != second["test_loss"]


def test_classes_that_the_few_training_images_lack_still_have_their_output():
    outcome, _ = train(DENSE, images=10, epochs=1)
    assert outcome.test_probabilities.shape == (300, 10)


def test_an_impossible_network_is_refused_by_keras():
    with pytest.raises(ValueError):
        train(ConvNetSpec(blocks=(ConvBlock(pool_size=8),) * 3))


def test_every_optimizer_of_the_settings_is_there_and_has_its_learning_rate():
    for name in get_args(Optimizer):
        model = training.compiled(
            keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)]),
            TrainingSpec(optimizer=name, learning_rate=0.25),
        )
        assert float(model.optimizer.learning_rate) == 0.25
        if name == "momentum":
            assert model.optimizer.momentum == 0.9
