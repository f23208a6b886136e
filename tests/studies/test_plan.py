import pytest
from hypothesis import given, settings

from cnnlab.arithmetic.network import layer_rows, matching_units, totals
from cnnlab.checks import refusals
from cnnlab.errors import InputRefused
from cnnlab.spec import PRESETS, ComparisonSpec, DenseSpec, flatten
from cnnlab.studies import plan
from cnnlab.studies.plan import AS_SET, PLAIN, RIVAL_TITLES, SHUFFLED, Rival, Study, Training
from tests.networks import conv_nets

LAB = PRESETS["lab"]
SMALL = PRESETS["small"]
ALL_RIVALS: list[Rival] = list(RIVAL_TITLES)
MADE = {
    "seeds": plan.seeds(LAB, 3),
    "parts": plan.parts(LAB, ["params", "none"]),
    "images": plan.sizes(LAB, 1000),
    "order": plan.order(LAB),
    "precision": plan.precision(LAB),
}


def changed(training: Training, comparison: ComparisonSpec = LAB) -> dict:
    """In what a training differs from the comparison that its study was made from."""
    before = flatten(comparison.runs()[training.role])
    return {path: value for path, value in flatten(training.spec).items() if before.get(path) != value}


@pytest.mark.parametrize("kind", MADE)
def test_a_study_survives_json(kind):
    study = MADE[kind]
    assert study.kind == kind
    assert Study.model_validate_json(study.model_dump_json()) == study


@pytest.mark.parametrize("kind", MADE)
def test_every_training_has_a_key_a_name_and_a_partner_of_its_own(kind):
    trainings = MADE[kind].trainings
    assert len({each.key for each in trainings}) == len({each.name for each in trainings}) == len(trainings)
    for each in trainings:
        partner = MADE[kind].partner(each)
        if each.arm == AS_SET:
            assert partner is None
        else:
            assert {each.role, partner.role} == {"model", "baseline"}
            assert partner.arm in (each.arm, AS_SET)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("seeds", "Seeds: CNN 64-64 and Dense 128, 3 seeds · Fashion-MNIST"),
        ("parts", "Which part does the work: CNN 64-64, 2 rivals · Fashion-MNIST"),
        ("images", "Training images: CNN 64-64 and Dense 128, up to 1,000 images · Fashion-MNIST"),
        (
            "order",
            "Shuffled pixels: CNN 64-64 and Dense 128, 3 seeds, with and without their order · Fashion-MNIST",
        ),
        ("precision", "Half precision: CNN 64-64, 3 seeds · Fashion-MNIST"),
    ],
)
def test_a_study_is_told_in_one_line(kind, title):
    assert MADE[kind].title == title


# Seeds


@pytest.mark.parametrize("number", [3, 5, 20])
def test_seeds_go_on_from_the_given_one_and_change_nothing_else(number):
    study = plan.seeds(LAB.with_setting("training.seed", 7), number)
    assert study.arms == [f"seed {seed}" for seed in range(7, 7 + number)]
    assert [each.role for each in study.trainings] == ["model", "baseline"] * number
    for each in study.trainings:
        assert changed(each) == {"training.seed": each.spec.training.seed}
        assert each.arm == f"seed {each.spec.training.seed}"


def test_after_the_largest_seed_comes_the_first_one():
    study = plan.seeds(LAB.with_setting("training.seed", 2**31 - 1), 3)
    assert study.arms == [f"seed {2**31 - 1}", "seed 0", "seed 1"]


@pytest.mark.parametrize("number", [0, 2, 21])
def test_too_few_or_too_many_seeds_are_refused(number):
    with pytest.raises(InputRefused, match=f"takes 3 to 20 seeds, not {number}"):
        plan.seeds(LAB, number)


# Which part does the work


def test_the_cnn_is_trained_once_and_every_rival_beside_it():
    study = plan.parts(LAB, plan.rivals(LAB.model))
    assert study.arms == [RIVAL_TITLES[rival] for rival in ("params", "macs", "none", "average", "min")]
    assert [each.key for each in study.trainings if each.role == "model"] == [(AS_SET, "model")]
    assert study.trainings[0].spec == LAB.runs()["model"]
    assert study.left_out == ()
    for each in study.trainings:
        assert (each.spec.data, each.spec.training) == (LAB.data, LAB.training)


@pytest.mark.parametrize("by", ["params", "macs"])
def test_the_dense_rival_is_equal_within_half_a_unit(by):
    (_, rival) = plan.parts(LAB, [by]).trainings
    sizes = [getattr(totals(layer_rows(each, (28, 28, 1), 10)), by) for each in (LAB.model, rival.spec.model)]
    assert abs(sizes[0] - sizes[1]) <= (28 * 28 + 1 + 10) / 2
    assert rival.spec.model == DenseSpec(units=matching_units(LAB.model, (28, 28, 1), 10, by))


def test_the_dense_rival_has_the_activation_of_the_cnn():
    tanh = LAB.with_setting("model.activation", "tanh")
    assert plan.parts(tanh, ["params"]).trainings[1].spec.model.activation == "tanh"


def test_the_dense_rival_keeps_the_second_dense_layer_of_the_cnn_and_is_equal_with_it():
    (_, rival) = plan.parts(LAB.with_setting("model.second_dense_units", 64), ["params"]).trainings
    assert rival.spec.model.second_units == 64
    wanted = 243_786 - 128 * 10 + (128 + 1) * 64 + 64 * 10
    assert rival.spec.model.units == round((wanted - 64 - 64 * 10 - 10) / (784 + 1 + 64))


@pytest.mark.parametrize("kind", ["none", "average", "min"])
def test_a_rival_of_other_pooling_differs_in_nothing_else(kind):
    (_, rival) = plan.parts(LAB, [kind]).trainings
    before = flatten(LAB.model)
    after = flatten(rival.spec.model)
    assert {path for path in after if after[path] != before[path]} == {
        "blocks.0.pooling",
        "blocks.1.pooling",
    }
    assert {block.pooling for block in rival.spec.model.blocks} == {kind}


@settings(max_examples=50, deadline=None)
@given(conv_nets)
def test_rivals_differ_from_the_cnn_and_pool_only_where_it_does(model):
    offered = plan.rivals(model)
    assert offered[:2] == ["params", "macs"]
    pools = [block.pooling != "none" for block in model.blocks]
    assert ("none" in offered) == any(pools)
    for rival in set(offered) - {"params", "macs"}:
        network = plan._pooled(model, rival)
        assert network != model
        expected = pools if any(pools) else [True] * len(pools)
        changes = [block.pooling for block, pooled in zip(network.blocks, expected, strict=True) if pooled]
        assert set(changes) == {rival}
        kept = [block for block, pooled in zip(network.blocks, expected, strict=True) if not pooled]
        assert kept == [block for block, pooled in zip(model.blocks, expected, strict=True) if not pooled]


def test_a_rival_that_is_impossible_is_left_out_with_its_reason_and_the_others_go_on():
    wide = LAB.with_setting("model.blocks.1.filters", 256).with_setting("model.blocks.0.padding", "same")
    study = plan.parts(wide, ["params", "none", "min"])
    (left_out,) = study.left_out
    rival = wide.with_setting("model.blocks.0.pooling", "none").with_setting("model.blocks.1.pooling", "none")
    assert (left_out.arm, left_out.reason) == ("without pooling", " ".join(refusals(rival.runs()["model"])))
    assert "lower 'Dense units'" in left_out.reason
    assert study.arms == ["equal in parameters", "with min pooling"]


def test_a_dense_network_that_cannot_come_close_is_not_called_equal():
    tiny = LAB.with_setting("model.blocks", [{"filters": 1, "kernel_size": 1, "pool_size": 8}])
    tiny = tiny.with_setting("model.dense_units", 1)
    study = plan.parts(tiny, ["params"])
    assert study.arms == []
    assert study.left_out[0].reason == (
        "The CNN has 32 parameters; the dense-only network that comes closest, with 1 unit, has 805, since "
        "'Baseline units' must be a whole number from 1 to 16,384: change 'Filters'."
    )


# Training images


@pytest.mark.parametrize(
    ("dataset", "source", "numbers"),
    [
        ("fashion-mnist", "sample", [100, 300, 1000, 3000, 10_000]),
        ("mnist", "sample", [100, 300, 1000, 3000, 4000]),
        ("mnist", "full", [100, 300, 1000, 3000, 10_000, 30_000, 60_000]),
    ],
)
def test_numbers_of_images_are_those_that_the_data_set_has_and_all(dataset, source, numbers):
    comparison = LAB.with_setting("data.dataset", dataset).with_setting("data.source", source)
    assert plan.numbers_of_images(comparison) == numbers
    study = plan.sizes(comparison, numbers[-1])
    assert [each.spec.data.images for each in study.trainings[::2]] == numbers
    assert all(refusals(each.spec) == [] for each in study.trainings)


def test_fewer_images_change_nothing_else():
    study = plan.sizes(LAB.with_setting("data.images", 2000), 3000)
    assert study.arms == ["100 images", "300 images", "1,000 images", "3,000 images"]
    for each in study.trainings:
        assert changed(each) == {"data.images": each.spec.data.images}


def test_as_many_steps_means_as_many_images_seen_up_to_a_limit():
    study = plan.sizes(LAB, 10_000, same_steps=True)
    epochs = {each.spec.data.images: each.spec.training.epochs for each in study.trainings}
    assert epochs == {100: 500, 300: 167, 1000: 50, 3000: 17, 10_000: 5}
    longer = plan.sizes(LAB.with_setting("training.epochs", 20), 10_000, same_steps=True)
    assert longer.trainings[0].spec.training.epochs == plan.MOST_EPOCHS


def test_as_many_steps_holds_for_what_a_schedule_and_patience_count_in_epochs_too():
    settings = {"schedule": "step", "step_epochs": 2, "patience": 3}
    training = LAB.training.model_copy(update=settings)
    study = plan.sizes(LAB.model_copy(update={"training": training}), 10_000, same_steps=True)
    by_images = {each.spec.data.images: each.spec.training for each in study.trainings}
    assert {images: (each.step_epochs, each.patience) for images, each in by_images.items()} == {
        100: (200, 100),
        300: (67, 100),
        1000: (20, 30),
        3000: (7, 10),
        10_000: (2, 3),
    }
    assert by_images[10_000] == training


# Shuffled pixels


@pytest.mark.parametrize("before", [False, True])
def test_both_networks_are_trained_with_and_without_the_order_of_the_pixels(before):
    study = plan.order(LAB.with_setting("data.shuffled_pixels", before), 4)
    found = {each.key: (each.spec.training.seed, each.spec.data.shuffled_pixels) for each in study.trainings}
    assert found == {
        (f"seed {seed}, {pixels}", role): (seed, pixels == SHUFFLED)
        for seed in range(4)
        for pixels in (PLAIN, SHUFFLED)
        for role in LAB.runs()
    }
    for each in study.trainings:
        assert changed(each).keys() <= {"data.shuffled_pixels", "training.seed"}
    assert plan.order_arms(study)[3] == ("seed 3, pixels in place", "seed 3, pixels shuffled")


@pytest.mark.parametrize("before", ["float32", "mixed_bfloat16"])
def test_the_cnn_is_trained_in_both_precisions_with_the_same_seeds(before):
    study = plan.precision(LAB.with_setting("training.precision", before), 4)
    assert study.networks == ("CNN 64-64 in bfloat16", "CNN 64-64 in float32")
    for each in study.trainings:
        assert each.spec.training.precision == plan.PRECISIONS[each.role]
        assert each.arm == f"seed {each.spec.training.seed}"
        expected = LAB.runs()["model"].training.model_copy(
            update={"seed": each.spec.training.seed, "precision": each.spec.training.precision}
        )
        assert each.spec == LAB.runs()["model"].model_copy(update={"training": expected})
    assert {each.name for each in study.trainings} >= {"CNN 64-64 in bfloat16, seed 3"}


def test_one_seed_is_not_enough_for_shuffled_pixels():
    with pytest.raises(InputRefused, match="3 to 20 seeds, not 1"):
        plan.order(LAB, 1)


def test_a_study_of_shuffled_pixels_of_an_earlier_version_has_one_seed():
    trainings = tuple(
        Training(arm=arm, role=role, spec=spec)
        for arm in (PLAIN, SHUFFLED)
        for role, spec in LAB.with_setting("data.shuffled_pixels", arm == SHUFFLED).runs().items()
    )
    study = Study(kind="order", comparison=LAB, trainings=trainings)
    assert plan.order_arms(study) == [(PLAIN, SHUFFLED)]
    assert "CNN 64-64 and Dense 128, with and without their order" in study.title


# What there is to train


@pytest.mark.parametrize(
    ("study", "expected"),
    [
        (MADE["seeds"], "6 trainings of 10,000 images, 5 epochs each"),
        (plan.sizes(SMALL, 300), "4 trainings of 100 to 300 images, 3 epochs each"),
        (plan.sizes(SMALL, 300, True), "4 trainings of 100 to 300 images, 3 to 9 epochs each"),
        (
            plan.order(LAB.with_setting("training.epochs", 1)),
            "12 trainings of 10,000 images, 1 epoch each",
        ),
    ],
)
def test_the_work_is_told_before_it_begins(study, expected):
    assert plan.workload(study) == expected


def test_what_stands_in_from_before_is_no_work():
    study = MADE["order"]
    trainings = tuple(each.model_copy(update={"run_id": "known"}) for each in study.trainings[1:])
    rest = study.model_copy(update={"trainings": (study.trainings[0], *trainings)})
    assert plan.workload(rest) == "1 training of 10,000 images, 5 epochs"
