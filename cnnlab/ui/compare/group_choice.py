"""Which groups of seeds the page Compare shows, read from the address or chosen from the newest runs.

In the address a group is the ids of its runs, so that a link shows the same runs for ever.
"""

import streamlit as st

from cnnlab import runs, words
from cnnlab.comparison.candidates import MOST
from cnnlab.comparison.over_seeds import LEAST_SEEDS, Seeded, seeded
from cnnlab.errors import InputRefused, RunNotFound
from cnnlab.runs.comparable import test_set
from cnnlab.runs.groups import MOST_RUNS, Group, description, grouped, newest, shared_seeds
from cnnlab.runs.search import finder
from cnnlab.runs.search.query import Query
from cnnlab.ui.choices.address_parameter import COMPARED_GROUPS
from cnnlab.ui.choices.labels import local_time
from cnnlab.ui.choices.picker import pick_several

LISTED = 500  # newest runs, and as many of studies, from which groups are made
BETWEEN_RUNS = "."  # in the address
NONE_STORED = (
    "No settings have been trained with two seeds yet: press 'New seed' under 'More' on the page Lab, or "
    "start a study of seeds."
)


def address(groups: list[Group]) -> str:
    """The groups as the address holds them, each with its newest runs."""
    return ",".join(_text(newest(group)) for group in groups)


def render() -> list[Seeded]:
    """The box; returns the chosen groups, none with a sentence that says what to do."""
    with st.spinner("Opening the stored runs"):
        listed = {_text(group): group for group in stored()}
    chosen = pick_several(
        COMPARED_GROUPS,
        "Groups",
        listed,
        find,
        label,
        at_first=lambda: _first_choice(listed),
        most=MOST,
        placeholder=f"Choose 1 to {MOST} groups",
    )
    if not chosen:
        st.info(f"Choose 1 to {MOST} groups to compare." if listed else NONE_STORED, icon=":material/info:")
    return seeded([listed[text] for text in chosen])


def stored() -> list[Group]:
    """Groups of several seeds among the newest runs, those of studies included, the newest first."""
    entries = [
        entry for view in ("listed", "study") for entry in finder.find(Query(view), limit=LISTED).entries
    ]
    found = sorted((entry.run for entry in entries if entry.run), key=lambda run: run.started, reverse=True)
    return [newest(group) for group in grouped(found) if len(group.by_seed) >= LEAST_SEEDS]


def find(text: str) -> Group:
    """A group of the address; runs that are not stored are left out with a sentence.

    Raises `RunNotFound` where none of its runs is stored, and `InputRefused` where they are not equal.
    """
    ids = list(dict.fromkeys(each for each in text.split(BETWEEN_RUNS) if each))
    found = runs.existing([each for each in ids[:MOST_RUNS] if each.isalnum()])
    if not found:
        raise RunNotFound("No run of one of the groups in the address is in the store.")
    if len(grouped(found)) > 1:
        raise InputRefused(
            "The address asks for a group of runs that differ in more than the seed: choose them as 'Runs', "
            "or tick groups on the page Runs."
        )
    if left_out := len(ids) - len(found):
        st.warning(
            f"{left_out} of the {len(ids)} runs of a group in the address {'is' if left_out == 1 else 'are'} "
            f"left out: not in the store, or beyond the {MOST_RUNS} that a group may have.",
            icon=":material/link_off:",
        )
    return Group(tuple(found))


def label(group: Group) -> str:
    """'CNN 64-64, epochs 3 (86.0% ± 0.4, 5 seeds), 25 Nov 2026, 14:05'."""
    spread = group.spread("test_accuracy")
    mean = words.percent(spread.mean) if spread.seeds else "not tested"
    around = f" ± {words.number(100 * spread.sd)}" if spread.seeds > 1 else ""
    name = ", ".join(filter(None, [group.name, description(group.spec)]))
    seeds = words.count(spread.seeds, "seed")
    return f"{name} ({mean}{around}, {seeds}), {local_time(max(run.started for run in group.runs))}"


def _text(group: Group) -> str:
    return BETWEEN_RUNS.join(run.run_id for run in group.runs)


def _first_choice(listed: dict[str, Group]) -> list[str]:
    """The two groups with the same test images that share the most seeds; of several pairs the newest."""
    texts = list(listed)
    pairs = [(first, second) for place, first in enumerate(texts) for second in texts[place + 1 :]]
    alike = [pair for pair in pairs if len({test_set(listed[text].runs[0]) for text in pair}) == 1]
    best = max(alike, key=lambda pair: len(shared_seeds(*(listed[text] for text in pair))), default=None)
    return list(best) if best else texts[:1]
