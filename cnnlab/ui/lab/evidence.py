"""What follows a training: what shifted images cost, and the pages that answer more questions."""

import streamlit as st

from cnnlab import runs
from cnnlab.data.registry import DATASETS
from cnnlab.robustness.experiments import at_quoted_strength
from cnnlab.robustness.findings import Outcome, robustness_findings
from cnnlab.robustness.results import experiment_of
from cnnlab.runs import Run
from cnnlab.runs.comparable import test_set
from cnnlab.spec import Role, network_title
from cnnlab.ui.actions import reported
from cnnlab.ui.cached.answers import ask
from cnnlab.ui.cached.trainer import trainer
from cnnlab.ui.choices.address_parameter import COMPARED_RUNS, COMPARISON
from cnnlab.ui.plain_text import markdown
from cnnlab.views.palette import COLORS
from cnnlab.worker import measure

EXPERIMENT = "shift"
IMAGES = 300


def render_questions(tested: dict[Role, Run]) -> None:
    """Links to the pages that look into it, compare it, and repeat it."""
    if len(tested) < 2:
        return
    compared = {COMPARED_RUNS.name: ",".join(run.run_id for run in tested.values())}
    inside = {COMPARISON.name: tested["model"].comparison}
    with st.container(horizontal=True, gap="small"):
        _link("inside", "Why? Look inside", ":material/visibility:", inside)
        _link("compare", "Does it hold? Compare with evidence", ":material/balance:", compared)
        _link("studies", "Is it luck? Try other seeds", ":material/casino:", {})


def _link(page: str, label: str, icon: str, parameters: dict[str, str]) -> None:
    st.page_link(f"../../pages/{page}.py", label=label, icon=icon, query_params=parameters, width="content")


def render_shift(tested: dict[Role, Run]) -> None:
    """What shifted test images cost both networks; asks a worker, which takes a second or two."""
    if len(tested) < 2 or len({test_set(run) for run in tested.values()}) > 1:
        return
    if trainer().status().state != "ready" or not all(map(_can_be_shifted, tested.values())):
        return
    experiment = at_quoted_strength(experiment_of(EXPERIMENT, next(iter(tested.values()))))
    with reported(), st.spinner("Shifting test images"):
        outcomes = {role: _outcome(role, run) for role, run in tested.items()}
        findings = robustness_findings(experiment, list(outcomes.values()), outcomes.get("baseline"))
        st.markdown(
            markdown(findings),
            help=f"Measured on the first {IMAGES} test images, with the weights of the test.",
        )


def _can_be_shifted(run: Run) -> bool:
    """Whether its images are known here, and its weights are stored, which those of old runs are not."""
    return run.spec.data.dataset in DATASETS and bool(runs.weight_epochs(run.run_id))


def _outcome(role: Role, run: Run) -> Outcome:
    epoch = runs.network_epoch(run)
    right = ask(measure.correct_at_quoted_strength, run, epoch, EXPERIMENT, IMAGES)
    return Outcome(network_title(run.spec.model), COLORS[role], right)
