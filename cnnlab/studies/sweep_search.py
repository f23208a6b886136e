"""Which settings a sweep tries next: Optuna's `ask` and `tell` in the order of the trials' numbers.

Trial n is chosen, and pruned, by what trials 0 to n - `at_once` have shown, and by nothing else: how fast
each training was makes no difference to what is tried. Trainings are none of this file's business.
"""

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from cnnlab.studies.sweep_optuna import distributions, new_study, optuna_study
from cnnlab.studies.sweep_plan import Point, Sweep, grid
from cnnlab.studies.sweep_progress import SweepProgress, TrialState

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial

ATTEMPTS = 3  # a failed trial is repeated twice at most


class Asked(NamedTuple):
    """A trial to begin."""

    number: int
    point: Point
    again: int | None
    """The number of the failed trial that it repeats."""


class _Outcome(NamedTuple):
    """How a trial has ended."""

    state: TrialState
    values: tuple[float, ...] | None
    repeat: bool


class Search:
    """The trials of one sweep. Used by one thread."""

    def __init__(self, sweep: Sweep, progress: SweepProgress | None = None) -> None:
        """`progress`: of a sweep that goes on; its unfinished trials are still to be ended."""
        self._sweep = sweep
        self._distributions = distributions(sweep)
        self.study = optuna_study(progress, with_steps=True) if progress else new_study(sweep)
        self._begun = progress.begun if progress else 0
        trials = progress.trials if progress else ()
        self._attempts = {trial.number: trial.attempt for trial in trials}
        self._points = {trial.number: trial.settings for trial in trials}
        self._untold = deque(trial.number for trial in trials if trial.state == "running")
        self._told = [each for each in self._frozen() if each.state.is_finished()]
        self._known = dict.fromkeys(self._untold, len(self._told))  # trial → how many it is judged by
        self._settled: dict[int, _Outcome] = {}
        self._repeats: deque[int] = deque()
        stored = [trial.settings for trial in trials if trial.stored]
        self._grid = [point for point in grid(sweep) if point not in stored] if sweep.method == "grid" else []

    @property
    def is_over(self) -> bool:
        """Whether every trial that was begun has been ended and told."""
        return not self._untold and not self._repeats

    def advance(self, may_begin: bool = True) -> list[Asked]:
        """The trials to begin now. `may_begin`: whether new ones may, besides repeated ones."""
        asked: list[Asked] = []
        while True:
            room = len(self._untold) < self._sweep.at_once
            if room and (new := self._ask(may_begin)):
                asked.append(new)
            elif self._untold and self._untold[0] in self._settled:
                self._tell(self._untold.popleft())
            else:
                return asked

    def report(self, number: int, step: int, value: float) -> bool:
        """Keeps an intermediate value of a trial; returns whether the trial is to be pruned after it."""
        from optuna.trial import Trial

        Trial(self.study, self._frozen()[number]._trial_id).report(value, step)
        frozen = self._frozen()[number]
        return self.study.pruner.prune(self._known_to(number), frozen)

    def end(self, number: int, state: TrialState, values: Sequence[float] | None, repeat: bool) -> None:
        """Ends a trial. `repeat`: whether a failed one is worth repeating, which is done twice at most."""
        self._settled[number] = _Outcome(state, tuple(values) if values else None, repeat)

    def _ask(self, may_begin: bool) -> Asked | None:
        again = None
        if self._repeats:
            again = self._repeats.popleft()
            self.study.enqueue_trial(self._points[again])
        elif not may_begin or self._begun >= self._sweep.number_of_trials or self._is_grid_done:
            return None
        else:
            if self._sweep.method == "grid":
                self.study.enqueue_trial(self._grid[self._begun])
            self._begun += 1
        trial = self.study.ask(self._distributions)
        point = {path: trial.params[path] for path in self._distributions}
        self._points[trial.number] = point
        self._attempts[trial.number] = self._attempts[again] + 1 if again is not None else 1
        self._untold.append(trial.number)
        self._known[trial.number] = len(self._told)
        return Asked(trial.number, point, again)

    @property
    def _is_grid_done(self) -> bool:
        return self._sweep.method == "grid" and self._begun >= len(self._grid)

    def _tell(self, number: int) -> None:
        from optuna.trial import TrialState as State

        outcome = self._settled.pop(number)
        states = {"finished": State.COMPLETE, "pruned": State.PRUNED, "failed": State.FAIL}
        self.study.tell(number, outcome.values, state=states[outcome.state])
        self._told.append(self._frozen()[number])
        self._known.pop(number)
        if outcome.state == "failed" and outcome.repeat and self._attempts[number] < ATTEMPTS:
            self._repeats.append(number)

    def _frozen(self) -> "list[FrozenTrial]":
        return self.study.get_trials(deepcopy=False)

    def _known_to(self, number: int) -> "Study":
        return _known_part(self.study, self._told[: self._known[number]])


def _known_part(study: "Study", trials: "list[FrozenTrial]") -> "Study":
    """A study as a pruner sees it that may know these trials only."""
    from optuna.study import Study, StudyDirection
    from optuna.trial import TrialState as State

    class Known(Study):
        def get_trials(self, deepcopy=True, states=None):
            return [each for each in trials if states is None or each.state in states]

        @property
        def best_trial(self):
            finished = self.get_trials(states=(State.COMPLETE,))
            best = max if self.direction == StudyDirection.MAXIMIZE else min
            if not finished:
                raise ValueError("No trials are completed yet.")
            return best(finished, key=lambda each: each.value)

    return Known(study.study_name, study._storage, study.sampler, study.pruner)
