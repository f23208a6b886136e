from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnnlab.arithmetic.network import check, remedies
from cnnlab.spec import TITLES, ConvBlock, ConvNetSpec, DenseSpec
from tests.networks import cnn, shared_blocks

many_sizes = st.builds(
    ConvBlock,
    filters=st.sampled_from([1, 64, 512]),
    kernel_size=st.integers(1, 11),
    pool_size=st.integers(2, 8),
    pooling=st.sampled_from(["max", "average", "min", "none"]),
    padding=st.sampled_from(["valid", "same"]),
    stride=st.sampled_from([1, 1, 2, 3]),
)
any_nets = st.one_of(
    st.builds(
        ConvNetSpec,
        blocks=st.one_of(
            st.lists(many_sizes, min_size=1, max_size=4),
            st.tuples(many_sizes, st.integers(1, 4)).map(lambda drawn: [drawn[0]] * drawn[1]),
        ).map(tuple),
        dense_units=st.sampled_from([1, 128, 4096]),
        second_dense_units=st.sampled_from([0, 0, 128, 4096]),
    ),
    st.builds(DenseSpec, units=st.integers(1, 16_384), second_units=st.integers(0, 16_384)),
)


def changed_controls(before, after) -> set[str]:
    """The settings that differ; blocks are compared as far as both networks have them."""
    names = set(type(before).model_fields) - {"blocks"}
    changed = {name for name in names if getattr(before, name) != getattr(after, name)}
    if isinstance(before, DenseSpec):
        return changed
    if len(before.blocks) != len(after.blocks):
        changed.add("blocks")
    for old, new in zip(before.blocks, after.blocks, strict=False):
        changed |= {name for name in ConvBlock.model_fields if getattr(old, name) != getattr(new, name)}
    return changed


@settings(max_examples=300, deadline=None)
@given(any_nets, st.tuples(st.integers(1, 32), st.integers(1, 32), st.sampled_from([1, 3])))
@example(cnn({"kernel_size": 5, "pool_size": 5}), (4, 4, 1))
@example(cnn({}, {}), (1, 1, 1))
@example(cnn({"filters": 512, "pool_size": 3}, {"filters": 512, "pool_size": 3}, dense_units=4096), (2, 5, 1))
def test_a_remedy_leaves_no_problem_and_changes_only_the_controls_it_names(spec, shape):
    sentences, found = check(spec, shape), remedies(spec, shape)
    assert bool(sentences) == bool(found)
    for remedy in found:
        assert check(remedy.model, shape) == []
        assert type(spec).model_validate(remedy.model.model_dump()) == remedy.model
        assert changed_controls(spec, remedy.model) == set(remedy.controls)
        assert all(f"'{TITLES[control]}'" in remedy.advice for control in remedy.controls)
    for sentence in sentences:
        assert sentence.endswith(": " + ", or ".join(remedy.advice for remedy in found[:3]) + ".")


@settings(max_examples=200, deadline=None)
@given(shared_blocks, st.integers(1, 28))
def test_where_blocks_agree_a_remedy_changes_all_of_them(blocks, side):
    for remedy in remedies(ConvNetSpec(blocks=tuple(blocks)), (side, side, 1)):
        assert len(set(remedy.model.blocks)) == 1
