from hypothesis import given
from pydantic import Field

from cnnlab.spec import PRESETS, RunSpec, Settings, added_at_default, flatten, unflatten
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


class Part(Settings):
    old: int = 1
    later: int = Field(2, json_schema_extra={"added": True})


class Whole(Settings):
    part: Part = Part()
    parts: tuple[Part, ...] = ()


def test_a_setting_that_was_added_later_says_nothing_at_its_default():
    plain = Whole(parts=(Part(), Part(later=3)))
    assert added_at_default(plain) == {"part": {"later": True}, "parts": {0: {"later": True}}}
    dumped = plain.model_dump_json(exclude=added_at_default(plain))
    assert dumped == '{"part":{"old":1},"parts":[{"old":1},{"old":1,"later":3}]}'
    assert added_at_default(Whole(part=Part(later=0))) == {}
