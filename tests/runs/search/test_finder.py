"""Finding, filtering, sorting and showing stored runs, with both readers of the store."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pandas as pd
import pytest
from mlflow.entities import Metric

from cnnlab import runs
from cnnlab.errors import InputRefused
from cnnlab.runs import edits, store
from cnnlab.runs.metrics import log_metrics
from cnnlab.runs.mlflow_reader import MlflowReader
from cnnlab.runs.reader import Reader, is_kept
from cnnlab.runs.search import conditions, finder
from cnnlab.runs.search.conditions import SETTINGS, condition
from cnnlab.runs.search.query import ORDERS, Condition, Query
from cnnlab.runs.tags import EPOCHS, NAME, NOTE
from cnnlab.runs.tags import LISTED as LISTED_TAG
from cnnlab.spec import PRESETS, ConvNetSpec, flatten
from cnnlab.views.tables import runs as table

SMALL = PRESETS["small"].runs()["model"]
BASELINE = PRESETS["small"].runs()["baseline"]


@pytest.fixture(scope="module", autouse=True)
def own_experiment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An experiment for the runs of this module alone."""
    patch, folder = pytest.MonkeyPatch(), tmp_path_factory.mktemp("artifacts")
    experiment = store.client().create_experiment("to be listed", artifact_location=folder.as_uri())
    patch.setattr(store, "experiment", lambda name="": experiment)
    yield
    patch.undo()


def new_run(filters: int = 8, metrics: dict | None = None, tags: dict | None = None, **training) -> str:
    block = SMALL.model.blocks[0].model_copy(update={"filters": filters})
    model = SMALL.model.model_copy(update={"blocks": (block, *SMALL.model.blocks[1:])})
    changed = SMALL.training.model_copy(update=training)
    run_id = runs.create(
        "model", f"of {filters}", SMALL.model_copy(update={"model": model, "training": changed})
    )
    log_metrics(run_id, [Metric(name, value, 1, 0) for name, value in (metrics or {}).items()])
    edits.set_tags([run_id], tags or {})
    return run_id


@pytest.fixture(scope="module")
def stored(own_experiment) -> dict[str, str]:
    """Runs that differ in everything one can ask for, by a short name."""
    made = {
        "first": new_run(8, {"test_accuracy": 0.9, "test_loss": 0.3}, {"keep": ""}, seed=10),
        "second": new_run(16, {"test_accuracy": 0.8, "params": 1e16}, seed=9, optimizer="sgd"),
        "nan": new_run(32, {"test_accuracy": math.nan, "test_loss": -0.5}, seed=100, learning_rate=1e-05),
        "bare": new_run(8, None, {"reviewer": "Ann Müller", NOTE: "50% of the images; it's odd"}),
        "endless": new_run(8, {"test_accuracy": 0.7, "test_loss": math.inf}, {EPOCHS: "9"}),
        "named": new_run(64, {"seconds": 2.5}, {NAME: "My CNN's best"}),
        "study": runs.create("model", "of a study", SMALL, study="a", study_kind="seeds", arm="b"),
        "archived": new_run(8, {"test_accuracy": 0.6}, {LISTED_TAG: "archived"}),
        "superseded": new_run(8, None, {LISTED_TAG: "no"}),
        "deleted": new_run(8, None),
        "foreign": store.client().create_run(store.experiment(), tags={"keep": "theirs"}).info.run_id,
    }
    runs.end(made["first"], "finished")
    runs.end(made["second"], "failed", "the reason")
    runs.end(made["deleted"], "stopped")
    runs.delete([made["deleted"]])
    return made


LISTED = {"first", "second", "nan", "bare", "endless", "named"}


READERS: dict[str, Callable[[], Reader]] = {
    "sqlite": store.reader,
    "mlflow": lambda: MlflowReader(store.client()),
}


@pytest.fixture(params=READERS)
def find(request):
    """Finds with either reader: that of SQLite, and that of any store."""
    return partial(finder.find, reader=READERS[request.param]())


def names(found: finder.RunPage, stored: dict[str, str]) -> list[str]:
    by_id = {run_id: name for name, run_id in stored.items()}
    return [by_id[entry.run_id] for entry in found.entries]


@pytest.mark.parametrize(
    "view, expected",
    [
        ("listed", LISTED),
        ("study", {"study"}),
        ("archived", {"archived"}),
        ("superseded", {"superseded"}),
        ("deleted", {"deleted"}),
        ("foreign", {"foreign"}),
    ],
)
def test_every_run_is_in_exactly_one_view(find, stored, view, expected):
    assert set(names(find(Query(view), "", 50), stored)) == expected


def test_a_run_of_a_study_is_not_among_the_recent(stored):
    assert stored["study"] not in [run.run_id for run in runs.recent(50)]
    assert stored["first"] in [run.run_id for run in runs.recent(50)]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("my best", {"named"}),
        ("CNN'S", {"named"}),
        ("keep", {"first"}),
        ("REVIEWER", {"bare"}),
        ("müller", {"bare"}),
        ("MÜLLER ann", {"bare"}),
        ("50%", {"bare"}),
        ("it's", {"bare"}),
        ("5%0", set()),
        ("%", {"bare"}),
        ("_", set()),
        ('"', set()),
        ("\\", set()),
        ("'; DROP TABLE runs; --", set()),
        ("first", set()),
        ("finished", set()),  # MLflow's and cnnlab's own tags are not searched
        ("  ", LISTED),
    ],
)
def test_a_search_finds_words_in_names_notes_and_tags_and_nothing_else(find, stored, text, expected):
    assert set(names(find(Query(text=text), "", 50), stored)) == expected


@pytest.mark.parametrize(
    "name, rule, text, expected",
    [
        ("model.blocks.0.filters", "is", "32", {"nan"}),
        ("model.blocks.2.filters", "is", "64", set()),  # no run has a third block
        ("training.optimizer", "is", "sgd", {"second"}),
        ("training.optimizer", "is", "adam", LISTED - {"second"}),
        ("training.learning_rate", "is", "1e-5", {"nan"}),
        ("training.epochs", "is", "9", {"endless"}),  # continued, so its setting is in a tag
        ("training.epochs", "is", "3", LISTED - {"endless"}),
        ("model.kind", "is", "dense", set()),
        ("test_accuracy", "at least", "80%", {"first", "second"}),
        ("test_accuracy", "at most", "0.8", {"second", "endless"}),
        ("test_loss", "at most", "-0.25", {"nan"}),
        ("test_loss", "at least", "1", {"endless"}),
        ("params", "at least", "1e16", {"second"}),
    ],
)
def test_a_filter_keeps_what_meets_it(find, stored, name, rule, text, expected):
    query = Query(conditions=(condition(name, rule, text),))
    assert set(names(find(query, "", 50), stored)) == expected


def test_a_data_set_with_quotes_in_its_name_can_be_asked_for(find, stored):
    assert find(Query(conditions=(Condition("data.dataset", "is", 'Ann\'s "own"'),)), "", 50).entries == []


def test_filters_and_words_must_all_be_met(find, stored):
    both = (condition("test_accuracy", "at least", "0.5"), condition("model.blocks.0.filters", "is", "8"))
    assert set(names(find(Query(conditions=both), "", 50), stored)) == {"first", "endless"}
    assert names(find(Query(conditions=both, text="keep"), "", 50), stored) == ["first"]


def test_a_setting_that_there_was_not_yet_counts_as_its_default(find):
    run_id = new_run(24)
    import sqlalchemy

    with store.reader().engine.begin() as connection:
        erase = "DELETE FROM params WHERE run_uuid = :run AND key = 'data.shuffled_pixels'"
        connection.execute(sqlalchemy.text(erase), {"run": run_id})
    width = condition("model.blocks.0.filters", "is", "24")
    unshuffled, shuffled = (condition("data.shuffled_pixels", "is", text) for text in ("False", "True"))
    assert len(find(Query(conditions=(width, unshuffled)), "", 50).entries) == 1
    assert find(Query(conditions=(width, shuffled)), "", 50).entries == []
    store.client().delete_run(run_id)


def test_a_setting_of_networks_that_there_was_not_yet_counts_where_the_network_could_have_it(find, stored):
    run_id = new_run(24)  # of an older version, without strides
    import sqlalchemy

    with store.reader().engine.begin() as connection:
        erase = "DELETE FROM params WHERE run_uuid = :run AND key LIKE 'model.blocks.%.stride'"
        connection.execute(sqlalchemy.text(erase), {"run": run_id})
    width = condition("model.blocks.0.filters", "is", "24")
    stride_1, stride_2 = (condition("model.blocks.0.stride", "is", text) for text in ("1", "2"))
    assert len(find(Query(conditions=(width, stride_1)), "", 50).entries) == 1
    assert find(Query(conditions=(width, stride_2)), "", 50).entries == []
    dense = condition("model.kind", "is", "dense")  # which has no strides at all
    assert find(Query(conditions=(dense, stride_1)), "", 50).entries == []
    store.client().delete_run(run_id)


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_both_readers_agree_on_every_order(stored, order, ascending):
    query = Query(order=order, ascending=ascending)
    by_sql, by_mlflow = (finder.find(query, "", 50, reader()) for reader in READERS.values())
    assert names(by_sql, stored) == names(by_mlflow, stored)
    assert by_sql.total == len(LISTED) and repr(by_sql.entries) == repr(by_mlflow.entries)  # with NaN


def test_numbers_sort_as_numbers_and_what_has_none_comes_last(find, stored):
    query = Query(order="Test accuracy")
    assert names(find(query, "", 50), stored)[:4] == ["first", "second", "endless", "nan"]
    upwards = names(find(replace(query, ascending=True), "", 50), stored)
    assert upwards[:4] == ["endless", "second", "first", "nan"]
    seeds = names(find(Query(order="Seed"), "", 50), stored)
    assert seeds[:3] == ["nan", "first", "second"]  # 100, 10, 9


@pytest.mark.parametrize("query", [Query(), Query(order="Seed"), Query(text="cnn")])
def test_pages_follow_each_other_without_a_gap_and_end(find, stored, query):
    whole = names(find(query, "", 50), stored)
    seen, page = [], ""
    for _ in range(10):
        found = find(query, page, 2)
        assert len(found.entries) <= 2
        seen += names(found, stored)
        if not (page := found.following):
            break
    assert seen == whole and len(whole) >= 6


def test_the_newest_stands_first(find, stored):
    assert names(find(Query(), "", 50), stored)[::-1] == [name for name in stored if name in LISTED]


def test_every_setting_of_every_run_can_be_asked_for():
    for preset in PRESETS.values():
        for spec in preset.runs().values():
            for path, value in flatten(spec).items():
                assert condition(path, "is", str(value)).value == str(value)
    assert len({setting.title for setting in SETTINGS.values()}) == len(SETTINGS)
    blocks = ConvNetSpec.model_json_schema()["properties"]["blocks"]
    assert blocks["maxItems"] == conditions.MOST_BLOCKS


@pytest.mark.parametrize(
    "name, text, sentence",
    [
        ("model.blocks.1.filters", "0", "Filters of block 2 must be a whole number from 1 to 512, not '0'"),
        ("training.optimizer", "lion", "Optimizer must be one of adam, adamw, rmsprop, sgd, momentum"),
        ("training.learning_rate", "fast", "Learning rate must be a number above 0"),
        ("test_accuracy", "good", "Test accuracy is compared with a number, not with 'good'"),
        ("test_accuracy", "", "not with ''"),
        ("seconds", "inf", "not with 'inf'"),
        ("seconds", "nan", "not with 'nan'"),
    ],
)
def test_a_value_that_is_refused_is_answered_with_its_rule_and_its_control(name, text, sentence):
    with pytest.raises(InputRefused, match="change 'Value'") as refused:
        condition(name, "at least", text)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("text, value", [("1,000", 1000.0), ("85%", 0.85), (" 1e3 ", 1000.0)])
def test_numbers_may_be_written_as_people_write_them(text, value):
    assert condition("seconds", "at most", text) == Condition("seconds", "at most", value)


def test_a_condition_is_said_in_words():
    assert conditions.words(condition("model.blocks.0.filters", "is", "32")) == "Filters of block 1 is 32"
    assert conditions.words(condition("params", "at least", "1e5")) == "Parameters at least 100,000"


def test_no_run_makes_an_empty_table_with_all_columns():
    assert list(table.frame([], {}, {})) == [*table.COLUMNS, table.STUDY]
    assert len(table.foreign_frame([])) == 0


def test_a_row_shows_what_the_store_has(stored):
    entries = finder.entries([stored["first"], stored["bare"], stored["second"]])
    shown = table.frame(entries, {stored["first"]: [2.0, 1.0]}, {})
    first, bare, second = (shown.iloc[row] for row in range(3))
    assert first["Name"] == "CNN 8-16" and first["Data set"] == "Fashion-MNIST" and first["Role"] == "model"
    assert (first["Test accuracy"], first["Test loss"], first["Seed"]) == (90.0, 0.3, 10)
    assert first["Loss curve"] == [2.0, 1.0] and first["Tags"] == ["keep"]
    assert (first["State"], second["State"]) == ("finished", "failed: the reason")
    assert math.isnan(bare["Test accuracy"]) and bare["Loss curve"] == []
    assert bare["Tags"] == ["reviewer: Ann Müller"] and bare["Note"] == "50% of the images; it's odd"
    assert bare["Started"].tzinfo is not None


def test_a_foreign_row_shows_its_metrics_and_tags(stored):
    store.client().log_metric(stored["foreign"], "f1", 0.123456)
    (row,) = table.foreign_frame(finder.entries([stored["foreign"]])).to_dict("records")
    assert (row["State"], row["Metrics"], row["Tags"]) == ("training", ["f1 0.1235"], ["keep: theirs"])


def foreign(tags: dict[str, str], params: dict[str, str] | None = None, **options) -> finder.Entry:
    """A run that was written by hand through MLflow."""
    run_id = store.client().create_run(store.experiment(), tags=tags, **options).info.run_id
    for name, value in (params or {}).items():
        store.client().log_param(run_id, name, value)
    (entry,) = finder.entries([run_id])
    store.client().delete_run(run_id)
    return entry


OURS = {"cnnlab.role": "model", "cnnlab.comparison": "one", "cnnlab.listed": "yes"}
SETTINGS_OF_A_RUN = {path: str(value) for path, value in flatten(SMALL).items()}


@pytest.mark.parametrize(
    "tags, params",
    [
        ({}, {}),
        (OURS, {}),
        ({"cnnlab.role": "model"}, SETTINGS_OF_A_RUN),
        (OURS | {"cnnlab.role": "teacher"}, SETTINGS_OF_A_RUN),
        (OURS, {"model": "cnn", "model.blocks.0.filters": "8"}),
        (OURS, SETTINGS_OF_A_RUN | {"training.seed": "seven"}),
        (OURS, SETTINGS_OF_A_RUN | {"training.momentum": "0.9"}),
        (OURS | {"cnnlab.epochs": "many"}, SETTINGS_OF_A_RUN),
    ],
)
def test_a_run_that_cnnlab_cannot_read_is_an_entry_all_the_same(tags, params):
    entry = foreign(tags, params)
    assert entry.run is None and entry.status == "training"
    assert len(table.frame([entry], {}, {})) == len(table.foreign_frame([entry])) == 1


def test_the_same_run_with_nothing_wrong_is_read():
    assert foreign(OURS, SETTINGS_OF_A_RUN).run.spec == SMALL


@pytest.mark.parametrize("start_time", [0, 10**17])
def test_a_time_that_is_none_is_left_out(start_time):
    entry = foreign(OURS, SETTINGS_OF_A_RUN, start_time=start_time)
    assert pd.isna(entry.started) == (start_time > 0)
    assert len(table.frame([entry], {}, {})) == 1


def test_small_curves_are_thinned_alike_by_both_readers():
    long, short, none = new_run(1), new_run(2), new_run(3)
    values = [10.0 / (1 + number) for number in range(1000)]
    points = [Metric("loss", value, number, 8 * number) for number, value in enumerate(values)]
    log_metrics(long, points)
    odd = [3.0, math.nan, 2.0, math.inf, 1.0]
    log_metrics(short, [Metric("loss", value, number, number) for number, value in enumerate(odd)])
    found = finder.sparklines([long, short, none])
    assert found[short] == [3.0, 2.0, 1.0] and found[none] == []
    assert finder.MOST_SPARKS <= len(found[long]) <= finder.MOST_SPARKS + 1
    assert (found[long][0], found[long][-1]) == (values[0], values[-1])
    assert found[long] == sorted(found[long], reverse=True)
    assert finder.sparklines([long, short, none], MlflowReader(store.client())) == found
    for run_id in (long, short, none):
        store.client().delete_run(run_id)


@pytest.mark.parametrize("many", [1, 2, 29, 30, 31, 59, 60, 61, 1000])
def test_a_small_curve_keeps_its_first_and_last_point(many):
    kept = [number for number in range(many) if is_kept(number, many, finder.MOST_SPARKS)]
    assert kept[0] == 0 and kept[-1] == many - 1
    assert len(kept) == many if many <= finder.MOST_SPARKS else 30 <= len(kept) <= 31


def test_name_note_and_tags_are_mlflows_own():
    run_id = new_run(5)
    edits.change(run_id, "  A  better name ", " why ")
    edits.tag([run_id], edits.tags_from(["keep", "checked by: Ann: twice"]))
    stored = store.client().get_run(run_id)
    assert stored.info.run_name == runs.get(run_id).name == "A better name"
    assert stored.data.tags["mlflow.note.content"] == "why"
    assert (stored.data.tags["keep"], stored.data.tags["checked by"]) == ("", "Ann: twice")
    edits.tag([run_id], {}, ["keep", "nowhere"])
    edits.change(run_id, "A better name", "")
    assert {"keep", "mlflow.note.content"} & store.client().get_run(run_id).data.tags.keys() == set()
    store.client().delete_run(run_id)


@pytest.mark.parametrize(
    "name, note, sentence",
    [
        ("  ", "", "fill in 'Name'"),
        ("n" * 251, "", "At most 250 characters are kept, but there are 251: shorten 'Name'"),
        ("name", "n" * 5001, "shorten 'Note'"),
    ],
)
def test_a_name_or_note_that_is_refused_changes_nothing(stored, name, note, sentence):
    before = store.client().get_run(stored["first"]).data.tags
    with pytest.raises(InputRefused, match=sentence):
        edits.change(stored["first"], name, note)
    assert store.client().get_run(stored["first"]).data.tags == before


@pytest.mark.parametrize("text", ["", ": value", "100%", "it's", "/x", "..", "a//b", "a/.", "x" * 101])
def test_a_tag_that_mlflow_could_not_keep_is_refused(text):
    with pytest.raises(InputRefused, match="'Tags'"):
        edits.tags_from(["keep", text])


@pytest.mark.parametrize("text", ["cnnlab.listed: no", "mlflow.runName: x"])
def test_a_tag_that_has_another_use_is_refused(text):
    with pytest.raises(InputRefused, match="have other uses: change 'Tags'"):
        edits.tags_from([text])


@pytest.mark.parametrize("text", ["keep", "Ünë tag", "a.b-c_d/e", "7", "model.blocks"])
def test_every_tag_that_is_taken_can_be_kept(stored, text):
    edits.tag([stored["named"]], edits.tags_from([text]))
    assert text in table.tag_texts(finder.entries([stored["named"]])[0])
    edits.tag([stored["named"]], {}, [text])


def test_archiving_and_putting_back_say_how_each_run_was_listed(stored):
    ids = [stored["first"], stored["study"], stored["superseded"]]
    before = edits.archive(ids)
    assert before == dict(zip(ids, ["yes", "study", "no"], strict=True))
    archived = {entry.run_id for entry in finder.find(Query("archived")).entries}
    assert set(ids) <= archived
    edits.put_back(ids)
    tags = [entry.tags[LISTED_TAG] for entry in finder.entries(ids)]
    assert tags == ["yes", "study", "yes"]
    edits.list_as(before)
    assert [entry.tags[LISTED_TAG] for entry in finder.entries(ids)] == list(before.values())
