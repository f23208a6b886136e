"""How the visitors of the dashboards of a store want to be called, and whether there are several of them."""

from cnnlab.errors import InputRefused
from cnnlab.runs import store, tags

LONGEST_NAME = 40  # characters


def names() -> dict[str, str]:
    """The names that visitors chose, by their ids."""
    stored = store.client().get_experiment(store.experiment()).tags
    named = {key.removeprefix(tags.VISITOR_NAME): name for key, name in stored.items() if _is_name(key)}
    return {visitor: name for visitor, name in named.items() if name}


def _is_name(key: str) -> bool:
    return key.startswith(tags.VISITOR_NAME)


def call(visitor: str, name: str) -> None:
    """Keeps how a visitor wants to be called; an empty name takes the wish back.

    Raises `InputRefused` for what is no name.
    """
    wanted = " ".join(name.split())
    if len(wanted) > LONGEST_NAME or not wanted.isprintable():
        raise InputRefused(
            f"'Your name' can have at most {LONGEST_NAME} characters, all of them visible; "
            f"this one has {len(wanted)}."
        )
    store.client().set_experiment_tag(store.experiment(), f"{tags.VISITOR_NAME}{visitor}", wanted)


def others_than(visitor: str) -> bool:
    """Whether another visitor has started a run that is in the store; runs without one are nobody's."""
    return bool(store.search(f"tags.`{tags.VISITOR}` != '{visitor}'", 1))
