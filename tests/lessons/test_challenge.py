"""The challenge: what counts, in which order, and what is said."""

import pandas as pd
import pytest

from cnnlab.checks import refusals
from cnnlab.lessons import challenge
from cnnlab.runs import Run
from cnnlab.spec import RunSpec


def run(
    name: str = "a",
    params: int = 1000,
    validation: float = 0.996,
    epochs: int = 9,
    blocks: int = 1,
    **changed,
) -> Run:
    spec = challenge.start().with_setting("training.epochs", epochs).runs()["model"]
    model = spec.model.model_copy(update={"blocks": spec.model.blocks * blocks})
    metrics = {"params": float(params), "val_accuracy": validation, "test_accuracy": 0.99}
    fields = {
        "run_id": name,
        "name": name,
        "comparison": "c",
        "role": "model",
        "spec": RunSpec(data=spec.data, model=model, training=spec.training),
        "status": "finished",
        "reason": "",
        "device": "CPU",
        "note": "",
        "compared_with": "",
        "metrics": metrics,
        "started": pd.Timestamp(0, tz="UTC"),
    }
    return Run(**(fields | changed))


def order(*runs: Run) -> list[str]:
    return [entry.run.run_id for entry in challenge.entries(runs)]


def test_the_start_is_within_the_rules_and_can_be_trained():
    assert not refusals(challenge.start())
    assert challenge.entries([run()])[0].refusal == ""


def test_fewest_parameters_win_among_those_that_reach_the_goal():
    assert order(run("large", 900), run("small", 500), run("below", 10, 0.9949)) == [
        "small",
        "large",
        "below",
    ]


def test_validation_decides_and_the_test_images_have_no_say():
    well_tested = run("b", 900, metrics={"params": 900.0, "val_accuracy": 0.99, "test_accuracy": 1.0})
    assert challenge.entries([well_tested])[0].refusal == "It reached 99.0%."


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"epochs": 10}, "trained for 10 epochs"),
        ({"blocks": 2}, "2 convolutions"),
        ({"continued": True}, "the test images had a say"),
    ],
)
def test_what_does_not_count_and_why(changed, reason):
    assert reason in challenge.entries([run(**changed)])[0].refusal


def test_other_data_dense_networks_and_untested_runs_are_left_out():
    other = run()
    data = other.spec.data.model_copy(update={"dataset": "fashion-mnist"})
    dense = challenge.start().runs()["baseline"]
    assert (
        order(
            run(spec=other.spec.model_copy(update={"data": data})),
            run(spec=dense),
            run(metrics={"params": 1.0}),
            run(status="training"),
        )
        == []
    )


def test_who_leads_is_said_with_the_numbers():
    assert challenge.sentence([]) == "No network was tried yet."
    tried = challenge.entries([run("poor", 10, 0.97), run("close", 20, 0.99)])
    assert challenge.sentence(tried) == (
        "None of 2 networks counts yet. The closest one reached 99.0% of its validation images."
    )
    leading = challenge.sentence(challenge.entries([run("a", 1234), run("poor", 10, 0.97)]))
    assert leading.startswith(
        "CNN 64 leads with 1,234 parameters: 99.6% of its validation images after 9 epochs"
    )
    assert "99.0% of the test images" in leading
