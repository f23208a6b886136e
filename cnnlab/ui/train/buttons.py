"""The Train page's controls: they start, pause, step, stop and continue trainings, and choose the rival."""

import secrets

import streamlit as st

from cnnlab.data.split import steps_per_epoch
from cnnlab.runs import Run
from cnnlab.spec import ComparisonSpec, Role
from cnnlab.ui.actions import attempt
from cnnlab.ui.cached.curves import history
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.sidebar import steering
from cnnlab.ui.sidebar.panel import Choice

REWIND = "Trains what is shown once more: the same initial weights, the same images in the same order."
NEW_SEED = "Sets 'Seed' to another number: other initial weights, another order and choice of images."


def show(choice: Choice, shown: dict[Role, Run], ready: bool) -> None:
    """The buttons, for the comparison of the sidebar and the one that is shown."""
    active = [run for run in shown.values() if run.active]
    ids = [run.run_id for run in active]
    training = [run for run in active if run.status == "training"]
    paused = bool(training) and all(run.note == "paused" for run in training)
    can_start = ready and not choice.problems and not active
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _button("Train", "play_arrow", can_start, _train, choice.comparison, type="primary")
        if paused:
            _button("Resume", "resume", True, _order, ids, {"paused": False, "pause_after": None})
        else:
            _button("Pause", "pause", bool(active), _order, ids, {"paused": True})
        _button("Step", "step", paused, _step, active, help="One more epoch, then a pause.")
        _button("Stop", "stop", bool(active), _order, ids, {"stop": True})
        _button("Rewind", "replay", can_start and bool(shown), _rewind, shown, help=REWIND)
        _button("New seed", "casino", not active, _new_seed, help=NEW_SEED)
        _continue(shown, ready and bool(shown) and not active)


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


def _train(comparison: ComparisonSpec) -> None:
    st.session_state[steering.GHOST] = ""
    trainer().trainings.submit(comparison, steering.pinned(), st.session_state.get("worker", ""))


def _order(run_ids: list[str], wishes: dict) -> None:
    trainer().trainings.order(run_ids, **wishes)


def _step(active: list[Run]) -> None:
    for run in active:
        steps = history(run)["step"]
        done = int(steps.iloc[-1]) // steps_per_epoch(run.spec) if len(steps) else 0
        trainer().trainings.order([run.run_id], paused=False, pause_after=done + 1)


def _rewind(shown: dict[Role, Run]) -> None:
    model, baseline = shown["model"].spec, shown.get("baseline")
    own = baseline is not None and baseline.comparison == shown["model"].comparison
    comparison = ComparisonSpec(
        data=model.data,
        model=model.model,
        training=model.training,
        baseline=baseline.spec.model if own else None,
    )
    trainer().trainings.submit(comparison, "" if own or baseline is None else baseline.run_id)


def _new_seed() -> None:
    st.session_state["seed"] = secrets.randbelow(2**31)


def _continue(shown: dict[Role, Run], enabled: bool) -> None:
    with st.popover("Continue", icon=":material/fast_forward:", disabled=not enabled):
        epochs = st.number_input("More epochs", 1, 500, 5, key="more_epochs")
        own = [run.run_id for run in shown.values() if run.comparison == shown["model"].comparison]
        _button("Go on", "fast_forward", enabled, trainer().trainings.resume, own, epochs)
