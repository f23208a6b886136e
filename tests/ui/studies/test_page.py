"""The page Studies: what it offers and starts, and what it says of studies that stand in the store."""

import uuid

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.evidence.seed_noise import gap, verdict
from cnnlab.runs import artifacts, recorder
from cnnlab.spec import PRESETS, network_title
from cnnlab.studies import plan
from cnnlab.studies.plan import Study, Training
from cnnlab.trainer.status import TrainerStatus
from cnnlab.ui.cached.trainer import study_queue, trainer
from cnnlab.ui.plain_text import markdown
from tests.dashboard import opened, press, run

SMALL = PRESETS["small"].with_setting("data.images", 1000).with_setting("training.epochs", 2)
NAMES = ("CNN 8-16", "Dense 32")
TEST_IMAGES = 2000
READY = TrainerStatus("ready", ("CPU", "CPU"))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Study]:
    """The studies that the page starts, with a trainer that is ready; none is trained."""
    submitted: list[Study] = []

    def submit(study: Study, visitor: str) -> str:
        submitted.append(study)
        return stored(study)

    monkeypatch.setattr(trainer(), "status", lambda: READY)
    monkeypatch.setattr(study_queue(), "submit", submit)
    return submitted


def stored(study: Study) -> str:
    return runs.create_study(study.kind, study.title, study.model_dump_json().encode())


def finish(study_id: str, training: Training, right: np.ndarray) -> str:
    """A run of a study that is right on these test images, (N,) bool."""
    run_id = runs.create(
        training.role,
        uuid.uuid4().hex,
        training.spec,
        name=training.name,
        study=study_id,
        study_kind="seeds",
        arm=training.arm,
    )
    runs.start(run_id, "CPU")
    writer = recorder.Recorder(run_id, epochs=2)
    for epoch in (0, 1, 2):
        step = epoch * 15  # 900 images in batches of 64
        writer.log_metrics(step, {"val_loss": 2.0 - 0.5 * epoch, "val_accuracy": 0.1 + 0.3 * epoch})
    costs = {"params": 1000, "macs": 2000, "seconds": 1.5}
    writer.log_metrics(30, {"test_accuracy": float(right.mean()), "test_loss": 0.5, **costs})
    labels = np.zeros(TEST_IMAGES, int)
    writer.save_predictions(np.eye(10, dtype=np.float32)[np.where(right, 0, 1)], labels)
    writer.close()
    runs.end(run_id, "finished")
    return run_id


def right_on(count: int, seed: int) -> np.ndarray:
    """Right on so many of the test images, which ones depends on the seed."""
    return np.random.default_rng(seed).permutation(TEST_IMAGES) < count


def filled(study: Study, *counts: int) -> str:
    """A stored study whose trainings are right on so many test images each, in their order."""
    study_id = stored(study)
    for seed, (training, count) in enumerate(zip(study.trainings, counts, strict=False)):
        finish(study_id, training, right_on(count, seed))
    return study_id


def text(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in app.main.markdown)


def tables(app: AppTest) -> list[dict]:
    return [table.value.to_dict("list") for table in app.main.dataframe]


def choose(app: AppTest, kind: str) -> None:
    app.main.segmented_control(key="study_kind").set_value(kind)
    run(app)


# What can be started


def test_without_a_trainer_nothing_starts_and_the_page_says_why():
    app = opened("studies")
    assert app.button(key="study_start").disabled
    assert any(caption.value.startswith("A study can start as soon as") for caption in app.main.caption)


def test_a_refused_sidebar_starts_nothing(started):
    app = opened("studies", pool_size=8, kernel_size=11)
    assert [error.value for error in app.main.error] == list(app.session_state["cnnlab"].problems) != []
    assert "study_start" not in [button.key for button in app.main.button]


def test_seeds_starts_both_networks_with_as_many_seeds_as_were_chosen(started):
    app = opened("studies", images=1000, seed=4)
    app.main.slider(key="study_seeds").set_value(7)
    run(app)
    assert "14 trainings of 1,000 images, 5 epochs each." in text(app)
    press(app, "study_start")
    assert started == [plan.seeds(app.session_state["cnnlab"].comparison, 7)]


def test_all_rivals_are_started_together_or_each_alone(started):
    app = opened("studies", images=1000)
    choose(app, "parts")
    comparison = app.session_state["cnnlab"].comparison
    press(app, "study_start")
    press(app, "study_rival_average")
    assert started == [
        plan.parts(comparison, plan.rivals(comparison.model)),
        plan.parts(comparison, ["average"]),
    ]


def test_a_rival_that_is_impossible_is_named_with_its_reason_and_cannot_be_started(started):
    app = opened("studies", images=1000, padding="same", filters=256, kernel_size=1)
    choose(app, "parts")
    told = [warning.value for warning in app.main.warning if warning.value.startswith("Left out: the rival")]
    assert len(told) == 2
    assert "equal in multiply-adds. The CNN has 14,652,672 multiply-adds" in told[0]
    assert "without pooling. The network has " in told[1]
    assert app.button(key="study_rival_macs").disabled
    assert app.button(key="study_rival_none").disabled
    assert not app.button(key="study_rival_min").disabled
    press(app, "study_start")
    assert started[0].arms == ["equal in parameters", "with average pooling", "with min pooling"]


@pytest.mark.parametrize("same_steps", [False, True])
def test_the_numbers_of_images_go_up_to_the_chosen_one(started, same_steps):
    app = opened("studies", images=1000, dataset="mnist")
    choose(app, "images")
    assert app.main.select_slider[0].options == ["300 images", "1,000 images", "3,000 images", "4,000 images"]
    app.main.select_slider[0].set_value(1000)
    app.main.toggle(key="study_same_steps").set_value(same_steps)
    run(app)
    press(app, "study_start")
    assert started == [plan.sizes(app.session_state["cnnlab"].comparison, 1000, same_steps)]


def test_shuffled_pixels_starts_both_networks_on_both(started):
    app = opened("studies", images=1000)
    choose(app, "precision")
    press(app, "study_start")
    assert started.pop() == plan.precision(app.session_state["cnnlab"].comparison)
    choose(app, "order")
    press(app, "study_start")
    assert started == [plan.order(app.session_state["cnnlab"].comparison)]


def test_a_study_that_was_started_is_shown_and_stands_in_the_address(started):
    filled(plan.order(SMALL), 1500, 1400, 1000, 1400)
    app = opened("studies", images=1000)
    press(app, "study_start")
    newest = runs.studies(1)[0]
    assert app.selectbox(key="chosen_study").value == newest.study_id
    assert app.query_params["study"] == newest.study_id
    assert "Result" not in [header.value for header in app.main.subheader]


# What is said of studies in the store


def test_the_address_chooses_the_study():
    old = filled(plan.seeds(SMALL, 3), 1500, 1400)
    filled(plan.order(SMALL), 1500, 1400, 1000, 1400)
    assert opened("studies", study=old).selectbox(key="chosen_study").value == old


def test_an_address_with_a_study_that_is_not_there_is_told():
    newest = filled(plan.parts(SMALL, ["average"]), 1500, 1400)
    app = opened("studies", study="nowhere")
    assert [warning.value for warning in app.main.warning] == [
        "There is no study 'nowhere' in the store. The newest is shown."
    ]
    assert app.selectbox(key="chosen_study").value == newest


def test_seeds_end_in_the_sentence_and_a_row_for_each():
    counts = [1600, 1500, 1620, 1510, 1590, 1505]
    app = opened("studies", study=filled(plan.seeds(SMALL, 3), *counts))
    accuracies = np.array(counts).reshape(3, 2) / TEST_IMAGES
    assert markdown([verdict(*NAMES, gap(*accuracies.T))]) in text(app)
    (table,) = tables(app)
    assert table["Seed"] == ["0", "1", "2", "mean"]
    assert table["CNN 8-16"] == ["80.00%", "81.00%", "79.50%", "80.17%"]
    assert table["Difference in points"] == ["+5.00", "+5.50", "+4.25", "+4.92"]


def test_rivals_end_in_a_sentence_and_a_row_for_each():
    study = plan.parts(SMALL, ["params", "average"])
    app = opened("studies", study=filled(study, 1600, 1500, 1590))
    found = text(app)
    dense = network_title(study.trainings[1].spec.model)
    assert "Convolutions and pooling, at equal parameters: **CNN 8-16 is better than" in found
    assert f"than {dense} by 5.0 points**" in found
    assert "Max or average pooling: **No clear winner: a gap this large" in found
    (table,) = tables(app)
    assert table["Network"] == [
        "CNN 8-16",
        f"{dense}, same number of parameters",
        "CNN 8-16 with average pooling",
    ]
    assert table["CNN ahead by, in points"][1].startswith("+5.0 (")
    assert table["Parameters"] == ["1,000"] * 3


def test_training_images_end_in_the_number_that_is_needed():
    counts = [600, 700, 1000, 900, 1500, 1200]
    app = opened("studies", study=filled(plan.sizes(SMALL, 1000), *counts))
    assert "CNN 8-16 reaches what Dense 32 reaches with all 1,000 (60.0%)" in text(app)
    (table,) = tables(app)
    assert table["Training images"] == ["100 images", "300 images", "1,000 images"]
    assert table["CNN 8-16"][0].startswith("30.0% (28.0% to 32.0%)")


def test_shuffled_pixels_end_in_what_their_order_is_worth_to_each():
    counts = [1600, 1400, 1300, 1410, 1620, 1390, 1310, 1380, 1610, 1400, 1330, 1400]
    app = opened("studies", study=filled(plan.order(SMALL), *counts))
    found = text(app)
    assert "**Over 3 seeds, shuffling the pixels costs CNN 8-16 14.8 points on average**" in found
    assert "**Over 3 seeds, shuffling the pixels makes no clear difference to Dense 32**" in found
    (table,) = tables(app)
    assert table["Seed"] == ["0", "1", "2", "mean"]
    assert table["CNN 8-16, in place"] == ["80.00%", "81.00%", "80.50%", "80.50%"]
    assert table["Dense 32, shuffled"] == ["70.50%", "69.00%", "70.00%", "69.83%"]


def test_half_precision_ends_in_accuracy_and_time():
    counts = [1600, 1610, 1590, 1600, 1612, 1605]
    app = opened("studies", study=filled(plan.precision(SMALL), *counts))
    assert "no clear difference" in text(app).lower() or "no clear winner" in text(app).lower()
    (table,) = tables(app)
    assert table["CNN 8-16 in bfloat16"] == ["80.00%", "79.50%", "80.60%", "80.03%"]
    assert table["Difference in points"][:3] == ["−0.50", "−0.50", "+0.35"]
    captions = [caption.value for caption in app.main.caption]
    assert any("took 1.00 times as long as in float32 (median of 3 seeds, " in each for each in captions)


def test_shuffled_pixels_with_one_seed_of_an_earlier_version_claim_nothing_in_bold():
    study = plan.order(SMALL)
    arms = {f"seed 0, {pixels}": pixels for pixels in (plan.PLAIN, plan.SHUFFLED)}
    earlier = study.model_copy(
        update={
            "trainings": tuple(
                each.model_copy(update={"arm": arms[each.arm]})
                for each in study.trainings
                if each.arm in arms
            )
        }
    )
    found = text(opened("studies", study=filled(earlier, 1600, 1400, 1300, 1400)))
    assert "Shuffling the pixels costs CNN 8-16 15.0 points" in found and "**Shuffling" not in found
    assert "Shuffling the pixels means nothing to Dense 32, which does not know" in found


def test_predictions_that_are_gone_are_told_and_the_page_goes_on():
    study = plan.parts(SMALL, ["average"])
    study_id = filled(study, 1600, 1400)
    for each in runs.of_study(study_id):
        next(artifacts.folder_of(each.run_id).glob("test_predictions.npz")).unlink()
    app = opened("studies", study=study_id)
    assert any("cannot be evaluated" in warning.value for warning in app.main.warning)


def test_a_study_that_lost_trainings_says_how_many_and_why_and_offers_to_train_them(started, monkeypatch):
    study = plan.seeds(SMALL, 3)
    study_id = filled(study, 1600, 1500)
    for training in study.trainings[2:5]:
        lost = runs.create(
            training.role, "lost", training.spec, study=study_id, study_kind="seeds", arm=training.arm
        )
        runs.end(lost, "failed", "The program that trained this run was closed.")
    asked = []
    monkeypatch.setattr(study_queue(), "train_missing", asked.append)
    app = opened("studies", study=study_id)
    assert [warning.value for warning in app.main.warning] == [
        "3 trainings are missing: The program that trained this run was closed.",
        "1 training is missing: no run is stored that was trained as planned.",
    ]
    press(app, "study_play_arrow")
    assert asked == [study_id]


def test_a_study_under_way_can_be_stopped(started, monkeypatch):
    study = plan.seeds(SMALL, 3)
    study_id = filled(study, 1600, 1500)
    waiting = runs.create(
        "model", "waiting", study.trainings[2].spec, study=study_id, study_kind="seeds", arm="seed 1"
    )
    try:
        asked = []
        monkeypatch.setattr(study_queue(), "stop", asked.append)
        app = opened("studies", study=study_id)
        assert "Result so far" in [header.value for header in app.main.subheader]
        press(app, "study_stop")
        assert asked == [study_id]
    finally:
        runs.end(waiting, "stopped")


def test_a_study_of_another_version_is_told():
    study_id = runs.create_study("seeds", "of a later version", b'{"kind": "weather"}')
    app = opened("studies", study=study_id)
    assert any("written by another version" in warning.value for warning in app.main.warning)
