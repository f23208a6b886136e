"""The buttons of the lab: they start, pause, step, stop and continue trainings."""

import streamlit as st

from cnnlab.data.split import steps_per_epoch
from cnnlab.runs import Run
from cnnlab.spec import ComparisonSpec, Role
from cnnlab.ui import visitor
from cnnlab.ui.actions import attempt
from cnnlab.ui.cached.curves import history
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.choices.comparison import follow_newest
from cnnlab.ui.plain_text import plain
from cnnlab.ui.sidebar import steering
from cnnlab.ui.sidebar.from_runs import comparison_of
from cnnlab.ui.sidebar.panel import Choice

REWIND = "Trains what is shown once more: the same initial weights, the same images in the same order."
NEW_SEED = "Trains with the next 'Seed': other initial weights, another order and choice of images."


def render(choice: Choice, shown: dict[Role, Run], ready: bool) -> None:
    """What one needs all the time: Train, Pause or Resume, Step, Stop."""
    active, paused = _active(_own(shown))
    ids = [run.run_id for run in active]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        can_start = ready and not choice.problems
        kind = "secondary" if active else "primary"
        _button("Train", "play_arrow", can_start, steering.train, choice.comparison, type=kind, shortcut="T")
        if paused:
            orders = {"paused": False, "pause_after": None}
            _button("Resume", "resume", True, _order, ids, orders, type="primary", shortcut="P")
        else:
            kind = "primary" if active else "secondary"
            _button("Pause", "pause", bool(active), _order, ids, {"paused": True}, type=kind, shortcut="P")
        _button("Step", "step", paused, _step, active, help="One more epoch, then a pause.", shortcut="S")
        _button("Stop", "stop", bool(active), _order, ids, {"stop": True})


def render_further(choice: Choice, shown: dict[Role, Run], ready: bool) -> None:
    """What one needs now and then: Rewind, New seed, Continue."""
    own = _own(shown)
    active, _ = _active(own)
    can_start = ready and not choice.problems
    _button("Rewind", "replay", can_start and bool(shown), _rewind, shown, help=REWIND)
    _button("New seed", "casino", can_start, _new_seed, choice.comparison, help=NEW_SEED)
    _continue(choice, own, ready and "model" in own and not active)


def render_whose(shown: dict[Role, Run]) -> None:
    """Whose the training is that is shown, if it is another visitor's."""
    owners = [run.visitor for run in shown.values() if run.active]
    if reason := visitor.why_not_mine(owners, "{} trains this: nobody else can pause or stop it."):
        st.caption(f":material/person: {plain(reason)}")


def _own(shown: dict[Role, Run]) -> dict[Role, Run]:
    """Those that are the visitor's, to whom alone they listen."""
    return {role: run for role, run in shown.items() if visitor.is_mine(run.visitor)}


def _active(shown: dict[Role, Run]) -> tuple[list[Run], bool]:
    """The runs that wait or train, and whether all that train are paused."""
    active = [run for run in shown.values() if run.active]
    training = [run for run in active if run.status == "training"]
    return active, bool(training) and all(run.note == "paused" for run in training)


def _button(label: str, icon: str, enabled: bool, act, *args, **options) -> None:
    key = label.lower().replace(" ", "_")
    st.button(
        label,
        icon=f":material/{icon}:",
        key=key,
        on_click=attempt,
        args=(act, *args),
        disabled=not enabled,
        **options,
    )


def _order(run_ids: list[str], wishes: dict) -> None:
    trainer().trainings.order(run_ids, **wishes)


def _step(active: list[Run]) -> None:
    for run in active:
        steps = history(run)["step"]
        done = int(steps.iloc[-1]) // steps_per_epoch(run.spec) if len(steps) else 0
        trainer().trainings.order([run.run_id], paused=False, pause_after=done + 1)


def _rewind(shown: dict[Role, Run]) -> None:
    comparison, baseline = comparison_of(shown), shown.get("baseline")
    pinned = baseline.run_id if baseline and comparison.baseline is None else ""
    follow_newest()
    trainer().trainings.submit(comparison, pinned, "", visitor.current().id)


def _new_seed(comparison: ComparisonSpec) -> None:
    seed = comparison.training.seed + 1
    st.session_state["seed"] = seed
    steering.train(comparison.with_setting("training.seed", seed))


def _continue(choice: Choice, own: dict[Role, Run], enabled: bool) -> None:
    """The visitor's own runs of what is shown go on; a pinned run does not."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        epochs = st.number_input("More epochs", 1, 500, 5, key="more_epochs", disabled=not enabled, width=120)
        comparison = own["model"].comparison if enabled else ""
        ids = [run.run_id for run in own.values() if run.comparison == comparison]
        rate = choice.comparison.training.learning_rate if choice.comparison else None
        _button("Continue", "fast_forward", enabled, trainer().trainings.resume, ids, epochs, rate)
