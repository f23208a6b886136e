"""The section in which a person brings their own images: every way in, every choice, every refusal."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cnnlab import runs
from cnnlab.data.own import reading
from cnnlab.data.registry import DATASETS, load
from cnnlab.errors import StoreUnavailable
from cnnlab.runs import own_data
from cnnlab.spec import PRESETS, DataSpec
from cnnlab.ui.data import bring_add, bring_source
from tests.dashboard import run
from tests.own_datasets import own_dataset
from tests.own_pictures import even, labelled, npz, pets, unfolded, zipped

PETS = zipped(pets(10)).getvalue()


def _section() -> None:
    from cnnlab.ui.data import bring, bring_add

    bring_add.render_added()
    bring.render()


@pytest.fixture(autouse=True)
def _removed_afterwards(monkeypatch):
    monkeypatch.delenv("CNNLAB_DATA_DIR", raising=False)
    yield
    for each in own_data.listed():
        own_data.remove(each.dataset, force=True)


def section() -> AppTest:
    return run(AppTest.from_function(_section, default_timeout=30))


def choose(app: AppTest, way: str) -> AppTest:
    app.segmented_control(key=bring_source.WAY).set_value(way)
    return run(app)


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    given = [(name, content, "application/octet-stream") for name, content in files]
    uploader = app.file_uploader[0]
    uploader.set_value(given if uploader.accept_multiple_files else given[0])
    return run(app)


def brought(*files: tuple[str, bytes]) -> AppTest:
    return upload(section(), *(files or [("pets.zip", PETS)]))


def control(app: AppTest, kind: str, name: str):
    """A control of the files that were brought."""
    return getattr(app, kind)(key=f"bring_{name}_{app.session_state[bring_source.BROUGHT].token}")


def texts(app: AppTest) -> str:
    return "\n".join(each.value for each in (*app.markdown, *app.caption, *app.info, *app.success))


def add(app: AppTest) -> AppTest:
    app.button(key="add_data_set").click()
    return run(app)


def test_before_anything_is_brought_there_is_nothing_to_add():
    app = section()
    assert not [button for button in app.button if button.key == "add_data_set"]
    assert not app.warning and not app.exception


def test_a_zip_is_looked_at_set_up_and_added():
    app = brought()
    assert "20 images of 2 classes, all 10×12 pixels, stored in colour." in texts(app)
    assert app.main.dataframe[0].value["Images"].tolist() == [10, 10]
    stored = "To be stored: 16 images for training and 4 for test, 10×12 pixels, in colour; up to 0.0 MB."
    assert stored in texts(app)
    assert control(app, "text_input", "name").value == "pets"
    assert len(app.get("image")) == 4  # both ways for both classes
    add(app)
    [own] = own_data.listed()
    assert own.info.classes == ("cat", "dog") and own.info.input_shape == (10, 12, 3)
    assert "Added 'pets'" in texts(app)
    assert not [button for button in app.button if button.key == "add_data_set"]  # what was brought is stored
    assert f"remove_{own.dataset}" in [button.key for button in app.button]


def test_every_choice_has_its_effect():
    app = brought()
    control(app, "text_input", "name").set_value("My pets")
    control(app, "number_input", "height").set_value(20)
    control(app, "number_input", "width").set_value(24)
    control(app, "segmented_control", "colours").set_value("Grey")
    control(app, "segmented_control", "fit").set_value("crop")
    control(app, "slider", "share").set_value(0.4)
    control(app, "number_input", "seed").set_value(3)
    control(app, "text_input", "class_0").set_value("Katze")
    run(app)
    assert "12 images for training and 8 for test, 20×24 pixels, grey" in texts(app)
    assert "**The middle**, used" in texts(app) and "Katze" in texts(app)
    add(app)
    [own] = own_data.listed()
    assert (own.info.title, own.info.classes) == ("My pets", ("Katze", "dog"))
    assert own.info.input_shape == (20, 24, 1) and own.info.test_images["full"] == 8
    assert load(own.dataset, "full").x_train[:, :2].any()  # no black was added


def test_a_folder_is_read_by_the_paths_of_its_files():
    app = choose(section(), bring_source.FOLDER)
    assert app.file_uploader[0].accept_directory
    upload(app, *pets(8, outer="my pets/").items())
    assert "16 images of 2 classes" in texts(app)
    assert control(app, "text_input", "name").value == "my pets"
    add(app)
    assert own_data.named("my pets")


def test_arrays_are_read_with_notes_on_what_was_converted():
    data = labelled()
    app = choose(section(), bring_source.NPZ)
    upload(app, ("noise.npz", npz(**{**data, "x_train": data["x_train"] / 255}).getvalue()))
    assert "Pixels from 0 to 1 became 0 to 255." in texts(app) and "all 9×8 pixels" in texts(app)
    add(app)
    assert own_data.named("noise")


def test_a_folder_of_this_machine_is_offered_where_there_is_one(tmp_path: Path, monkeypatch):
    assert bring_source.ON_DISK not in section().segmented_control(key=bring_source.WAY).options
    monkeypatch.setenv("CNNLAB_DATA_DIR", str(tmp_path))
    app = choose(section(), bring_source.ON_DISK)
    assert "There is no folder in" in texts(app)
    unfolded(pets(8), tmp_path / "pets")
    (tmp_path / "mnist").mkdir()  # of a data set that comes with cnnlab
    run(app)
    assert app.selectbox(key="bring_folder").options == ["pets"]
    app.selectbox(key="bring_folder").set_value("pets")
    run(app)
    assert "16 images of 2 classes" in texts(app)
    unfolded({"pets/cat/new.png": even()}, tmp_path)
    app.button(key="bring_again").click()
    run(app)
    assert "17 images of 2 classes" in texts(app)
    add(app)
    assert own_data.named("pets")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"cat/1.png": even()}, "must have 2 to 100 classes, not 1"),
        (pets() | {"../x.png": even()}, "leads out of the folder"),
        (pets() | {"cat/more/1.png": even()}, "none in it, but there is"),
    ],
)
def test_what_is_no_data_set_is_refused_at_its_place(files, sentence):
    app = brought(("pets.zip", zipped(files).getvalue()))
    assert sentence in app.warning[0].value
    assert not [button for button in app.button if button.key == "add_data_set"]


@pytest.mark.parametrize(
    ("kind", "name", "value", "sentence"),
    [
        ("text_input", "name", " ", "A data set needs a name"),
        ("text_input", "class_0", "Dog", "Two classes differ in case only"),
        ("text_input", "class_0", "", "The name of a class must have"),
    ],
)
def test_what_cannot_be_stored_is_said_and_nothing_is_lost(kind, name, value, sentence):
    app = brought()
    control(app, kind, name).set_value(value)
    add(run(app))
    assert sentence in app.warning[0].value and own_data.listed() == []
    assert control(app, kind, name).value == value
    control(app, kind, name).set_value("cats")
    add(run(app))
    assert len(own_data.listed()) == 1


def test_files_that_cannot_be_used_are_listed_and_left_out_or_refused():
    app = brought(("pets.zip", zipped(pets(10) | {"cat/notes.txt": b"hello"}).getvalue()))
    assert app.main.dataframe[0].value["File"].tolist() == ["cat/notes.txt"]
    control(app, "segmented_control", "others").set_value("refuse")
    add(run(app))
    assert "cat/notes.txt" in app.warning[0].value and own_data.listed() == []
    control(app, "segmented_control", "others").set_value("skip")
    add(run(app))
    assert "Not used: cat/notes.txt" in texts(app) and len(own_data.listed()) == 1


def test_a_full_store_is_told_of_and_nothing_is_lost(monkeypatch):
    def full(*_):
        raise StoreUnavailable("No space is left on the disk.", False)

    app = brought()
    with monkeypatch.context() as patched:
        patched.setattr(bring_add.own_data, "add", full)
        add(app)
    assert "No space is left on the disk." in app.warning[0].value
    add(app)
    assert len(own_data.listed()) == 1


def test_too_many_pixels_are_refused_before_any_is_read(monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    app = add(brought())
    assert "lower 'Height' and 'Width'" in app.warning[0].value.replace("\\", "")


def test_what_was_brought_is_looked_through_once(monkeypatch):
    app = brought()
    monkeypatch.setattr(bring_source, "find_pictures", lambda _: pytest.fail("it was looked through again"))
    run(app)
    assert "20 images" in texts(app)


def test_what_was_brought_stays_on_the_way_over_another_page():
    app = brought()
    control(app, "number_input", "height").set_value(20)
    run(app)
    app.session_state[bring_source.ROUND] = 9  # a new, empty uploader, as after another page
    run(app)
    assert "pets is still here, with 20 images." in texts(app)
    assert control(app, "number_input", "height").value == 20
    app.button(key="bring_discard").click()
    run(app)
    assert not [button for button in app.button if button.key == "add_data_set"]


def test_another_way_begins_anew():
    app = choose(brought(), bring_source.NPZ)
    assert app.session_state[bring_source.BROUGHT] is None
    assert not [button for button in app.button if button.key == "add_data_set"]


def test_of_many_classes_a_few_are_shown_at_a_time():
    files = {f"{n}/{i}.png": even(size=(8, 8)) for n in range(13) for i in range(3)}
    app = brought(("many.zip", zipped(files).getvalue()))
    assert len(app.get("image")) == 12
    shown = app.selectbox(key=f"bring_shown_{app.session_state[bring_source.BROUGHT].token}")
    assert shown.options == ["1 to 6", "7 to 12", "13 to 13"]
    shown.set_value(12)
    run(app)
    assert len(app.get("image")) == 2


def test_a_data_set_is_used_by_the_sidebar_with_the_images_that_it_has(monkeypatch):
    state = {"dataset": "mnist", "source": "sample", "images": 10_000}
    monkeypatch.setattr(st, "session_state", state)
    with own_dataset() as dataset:
        bring_add.use(dataset)
        assert state == {"dataset": dataset, "source": "full", "images": 60}


def test_removing_asks_first_and_may_be_given_up():
    with own_dataset() as dataset:
        app = section()
        assert "**Squares**: 60 images for training and 30 for test of 3 classes, 12×10 pixels" in texts(app)
        app.button(key=f"remove_{dataset}").click()
        run(app)
        assert "This cannot be undone" in app.warning[0].value
        app.button(key="keep_data_set").click()
        run(app)
        assert not app.warning and dataset in DATASETS


def test_a_data_set_without_runs_is_removed_once_it_is_confirmed():
    dataset = add(brought()) and own_data.named("pets")[0]
    app = section()
    app.button(key=f"remove_{dataset}").click()
    run(app)
    app.button(key="confirm_removal").click()
    run(app)
    assert dataset not in DATASETS and not app.warning


def test_a_data_set_that_runs_use_is_removed_by_a_second_confirmation_only():
    dataset = add(brought()) and own_data.named("pets")[0]
    spec = PRESETS["small"].model_copy(update={"data": DataSpec(dataset=dataset, source="full", images=16)})
    run_id = runs.create("model", "0" * 32, spec.runs()["model"])
    runs.end(run_id, "stopped")
    app = section()
    app.button(key=f"remove_{dataset}").click()
    run(app)
    app.button(key="confirm_removal").click()
    run(app)
    assert "1 run of the store uses this data set" in app.warning[0].value
    assert dataset in DATASETS
    app.button(key="confirm_removal").click()
    run(app)
    assert dataset not in DATASETS
    runs.delete([run_id])
