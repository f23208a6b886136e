from hypothesis import given

from cnnlab.spec import PRESETS, RunSpec, flatten, unflatten
from tests.settings import RUNS


@given(RUNS)
def test_flattening_can_be_undone_even_when_every_value_has_become_a_string(spec):
    paths = flatten(spec)
    assert unflatten(paths) == spec.model_dump(mode="json")
    as_stored = {path: str(value) for path, value in paths.items()}
    assert RunSpec.model_validate(unflatten(as_stored)) == spec


def test_settings_that_were_stored_before_pixels_could_be_shuffled_are_those_of_unshuffled_ones():
    stored = flatten(PRESETS["small"].runs()["model"])
    del stored["data.shuffled_pixels"]
    assert RunSpec.model_validate(unflatten(stored)) == PRESETS["small"].runs()["model"]


def test_flattening_gives_dotted_paths_with_the_number_of_the_block():
    paths = flatten(PRESETS["small"].runs()["model"])
    assert paths["model.blocks.1.filters"] == 16
    assert paths["training.batch_size"] == 64
    assert paths["data.dataset"] == "fashion-mnist"


def test_lists_of_more_than_ten_keep_their_order():
    assert unflatten({f"a.{i}": i for i in (10, 2, 0, 1, *range(3, 10))}) == {"a": list(range(11))}
