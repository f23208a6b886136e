"""How far cnnlab goes: unit costs, measured, and from them many workers and 100,000 runs on paper.

To be run by hand, from the folder of the README: `python -m tests.benchmarks.scale`. It starts PostgreSQL,
MLflow's server over it and a Dask scheduler, and prints two tables as markdown: what was measured, and what
follows for clusters that nobody has tried. Times depend on the machine and on what else it does: quote them
with both.
"""

import argparse
import inspect
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
from distributed import Client, LocalCluster, Scheduler

from cnnlab.runs.heartbeat import ORDERS_SECONDS
from cnnlab.runs.recorder import FLUSH_SECONDS
from tests.benchmarks.many_runs import COPIES, REPORTS
from tests.servers import MlflowServer, free_port, mlflow_server, postgresql_program

TASKS = 300  # submitted to the scheduler
IDLE_WORKERS, IDLE_SECONDS, SETTLE_SECONDS = 8, 20.0, 10.0
BATCHES = 200  # of metrics
THREADS = 8  # that write them at the same time
STORED = (1_000, 10_000)  # runs in the store when it is listed
TRAINING_SECONDS = 60.0  # that a training takes, on paper
WORKERS = (10, 100, 1_000)
PAPER_RUNS = 100_000
BATCHES_A_SECOND = 1 / FLUSH_SECONDS  # of one training, at most
RUN_FILE_BYTES = 10e6  # five epochs of the lab network, as the README says


class Costs(NamedTuple):
    """Unit costs."""

    messages: float
    """To and from the scheduler, for one training."""
    scheduler_seconds: float
    """Processor time for one training, of the scheduler with its client and its worker."""
    idle_seconds: float
    """Processor time of the scheduler in one second, for one worker that does nothing."""
    description_bytes: float
    """Of the scheduler's description of one worker, which each status of a dashboard reads."""
    batch_seconds: float
    """To write one batch of metrics, one at a time."""
    batches_a_second: float
    """That one process of the server writes for many trainings at once."""
    look_seconds: float
    """To read a run, as its training does every two seconds."""
    run_bytes: float
    """Of the database, for one run of five epochs."""
    newest_seconds: dict[int, float]
    """Runs in the store → to list the newest ten, as a page does."""
    search_seconds: dict[int, float]
    """Runs in the store → to search all of them for a word, as the page Runs does."""


def main() -> None:
    """Measures and prints."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder, mlflow_server("PostgreSQL", Path(folder)) as server:
        os.environ["MLFLOW_TRACKING_URI"] = server.address
        costs = Costs(*scheduler_costs(), *writing_costs(), *listing_costs(server))
    print(measured(costs), paper(costs), sep="\n\n")


def scheduler_costs() -> tuple[float, float, float, float]:
    """See `Costs`. Scheduler, worker and client share this process, so that the time is an upper bound."""
    settings = {
        "threads_per_worker": 3,
        "resources": {"training": 1},
        "dashboard_address": None,
        "protocol": "tcp://",
    }
    with (
        LocalCluster(n_workers=1, processes=False, host="127.0.0.1", **settings) as cluster,
        Client(cluster) as client,
    ):
        client.submit(abs, 1, resources={"training": 1}, pure=False).result()
        with counted(cluster.scheduler) as messages:
            began = time.process_time()
            futures = [client.submit(abs, n, resources={"training": 1}, pure=False) for n in range(TASKS)]
            client.gather(futures)
            seconds = (time.process_time() - began) / TASKS
        size = len(pickle.dumps(client.scheduler_info(n_workers=-1)["workers"]))
    return sum(messages.values()) / TASKS, seconds, idle_seconds(), size


def idle_seconds() -> float:
    """See `Costs`. Of a scheduler in a process of its own, with and without idle workers in theirs."""
    port = free_port()
    dask = [sys.executable, "-m", "dask"]
    address = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    workers = ["worker", f"tcp://127.0.0.1:{port}", "--nworkers", str(IDLE_WORKERS), "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*dask, "scheduler", *address], **quiet) as scheduler:
        with Client(f"tcp://127.0.0.1:{port}", timeout=60) as client:
            without = processor_share(scheduler.pid)
            with subprocess.Popen([*dask, *workers], **quiet) as started:
                client.wait_for_workers(IDLE_WORKERS, timeout=120)
                time.sleep(SETTLE_SECONDS)
                busy = processor_share(scheduler.pid)
                started.terminate()
        scheduler.terminate()
    return max(0.0, busy - without) / IDLE_WORKERS


def processor_share(pid: int) -> float:
    """Processor time of a process for each second."""
    process, began = psutil.Process(pid), time.perf_counter()
    before = sum(process.cpu_times()[:2])
    time.sleep(IDLE_SECONDS)
    return (sum(process.cpu_times()[:2]) - before) / (time.perf_counter() - began)


@contextmanager
def counted(scheduler: Scheduler):
    """Counts what arrives at a scheduler, by kind."""
    messages, before = Counter(), dict(scheduler.stream_handlers)

    def counting(name: str, handler: Callable) -> Callable:
        def call(*arguments, **options):
            messages[name] += 1
            return handler(*arguments, **options)

        async def call_later(*arguments, **options):
            messages[name] += 1
            return await handler(*arguments, **options)

        return call_later if inspect.iscoroutinefunction(handler) else call

    scheduler.stream_handlers.update({name: counting(name, handler) for name, handler in before.items()})
    yield messages
    scheduler.stream_handlers.update(before)


def writing_costs() -> tuple[float, float, float]:
    """See `Costs`."""
    from cnnlab import runs
    from cnnlab.runs import store
    from cnnlab.spec import PRESETS

    spec = PRESETS["lab"].runs()["model"]
    run_ids = [runs.create("model", "scale", spec) for _ in range(THREADS)]
    write(run_ids[0], 0)
    alone = seconds_of(lambda number: write(run_ids[0], 1 + number), 50)
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda n: write(run_ids[n % THREADS], 100 + n), range(BATCHES)))
    together = BATCHES / (time.perf_counter() - began)
    return alone, together, seconds_of(lambda _number: store.client().get_run(run_ids[0]), 50)


def write(run_id: str, step: int) -> None:
    """What a training reports in one go."""
    from mlflow.entities import Metric

    from cnnlab.runs.metrics import log_metrics

    names = ("loss", "accuracy", "learning_rate", "images_per_second")
    log_metrics(run_id, [Metric(name, 0.5, step, step) for name in names])


def seconds_of(call: Callable[[int], object], times: int) -> float:
    """On average."""
    began = time.perf_counter()
    for number in range(times):
        call(number)
    return (time.perf_counter() - began) / times


def listing_costs(server: MlflowServer) -> tuple[float, dict[int, float], dict[int, float]]:
    """See `Costs`."""
    from cnnlab import runs
    from cnnlab.runs.search import finder
    from cnnlab.runs.search.query import Query
    from tests.benchmarks.many_runs import template

    templates = [template("model"), template("baseline")]
    size, newest, found, filled = size_of(server), {}, {}, 0
    for number in STORED:
        fill(server, templates, filled, number)
        filled = number
        finder.find(Query())
        newest[number] = seconds_of(lambda _number: runs.recent(10), 3)
        found[number] = seconds_of(lambda _number: finder.find(Query(text="lab")), 3)
    return (size_of(server) - size) / filled, newest, found


def fill(server: MlflowServer, templates: list[str], first: int, last: int) -> None:
    """Copies two runs within the database until there are so many; their files are not copied."""
    one, other = templates
    copies = (
        "CREATE TEMP TABLE copies AS SELECT n AS number, lpad(to_hex(n), 32, '0') AS run_id, "
        f"CASE WHEN n % 2 = 0 THEN '{one}' ELSE '{other}' END AS template "
        f"FROM generate_series({first + 1}, {last}) AS n"
    )
    ask(server, ";".join([copies, *COPIES[1:], "ANALYZE"]))


def size_of(server: MlflowServer) -> int:
    """Of the database, in bytes."""
    return int(ask(server, "SELECT pg_database_size('postgres')"))


def ask(server: MlflowServer, statements: str) -> str:
    """What the database answers to the last of some statements."""
    assert server.database
    address = server.database.address.replace("+psycopg2", "")
    command = [postgresql_program("psql"), "--quiet", "--tuples-only", "--no-align", address]
    said = subprocess.run(
        [*command, "-v", "ON_ERROR_STOP=1", "-c", statements], check=False, capture_output=True, text=True
    )
    if said.returncode:
        raise RuntimeError(said.stderr)
    return said.stdout.strip()


def measured(costs: Costs) -> str:
    """One line for each unit cost."""
    few, many = STORED

    def both(seconds: dict[int, float]) -> str:
        return f"{seconds[few]:.2f} s; {seconds[many]:.2f} s"

    lines = {
        "messages to the scheduler for one training": f"{costs.messages:.1f}",
        "processor time for one training: scheduler, client and worker": _ms(costs.scheduler_seconds),
        "processor time of the scheduler in a second, for each idle worker": _ms(costs.idle_seconds),
        "answer to 'which workers are there', for each worker": f"{costs.description_bytes:,.0f} bytes",
        "one batch of metrics written, alone": _ms(costs.batch_seconds),
        f"batches that one process of the server writes a second, {THREADS} trainings": (
            f"{costs.batches_a_second:.0f}"
        ),
        "a run read, as its training does every two seconds": _ms(costs.look_seconds),
        f"database for one run of {REPORTS} reports": f"{costs.run_bytes / 1000:.0f} kB",
        f"the ten newest of {few:,} runs listed; of {many:,}": both(costs.newest_seconds),
        f"a word searched for in {few:,} runs; in {many:,}": both(costs.search_seconds),
    }
    rows = [f"| {what} | {value} |" for what, value in lines.items()]
    return "\n".join(["| unit | measured |", "| --- | --- |", *rows])


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.2f} ms"


def paper(costs: Costs) -> str:
    """What follows for some numbers of workers, all of them busy."""
    head = f"| on paper, trainings of {TRAINING_SECONDS:.0f} s | " + " | ".join(
        f"{n:,} workers" for n in WORKERS
    )
    rows = {
        "trainings an hour": [f"{n * 3600 / TRAINING_SECONDS:,.0f}" for n in WORKERS],
        "of one core, for the scheduler": [f"{share(costs, n):.1%}" for n in WORKERS],
        "list of workers, read by each status of a dashboard": [
            f"{n * costs.description_bytes / 1000:,.0f} kB" for n in WORKERS
        ],
        "batches of metrics a second": [f"{n * BATCHES_A_SECOND:,.0f}" for n in WORKERS],
        "processes of MLflow's server that these keep busy": [f"{servers(costs, n):.1f}" for n in WORKERS],
        f"hours until {PAPER_RUNS:,} runs are stored": [
            f"{PAPER_RUNS * TRAINING_SECONDS / n / 3600:,.1f}" for n in WORKERS
        ],
    }
    few, many = STORED
    growth = (costs.search_seconds[many] - costs.search_seconds[few]) / (many - few)
    found = costs.search_seconds[many] + max(0.0, growth) * (PAPER_RUNS - many)
    lines = [head + " |", "| --- " * (1 + len(WORKERS)) + "|"]
    lines += [f"| {what} | " + " | ".join(values) + " |" for what, values in rows.items()]
    return "\n".join(lines) + (
        f"\n\n{PAPER_RUNS:,} runs take {PAPER_RUNS * costs.run_bytes / 1e9:.0f} GB of the database, and "
        f"{PAPER_RUNS * RUN_FILE_BYTES / 1e12:.1f} TB of files; a search in them takes {found:.0f} s."
    )


def share(costs: Costs, workers: int) -> float:
    """Of one core, which the scheduler needs for so many busy workers."""
    return workers * (costs.scheduler_seconds / TRAINING_SECONDS + costs.idle_seconds)


def servers(costs: Costs, workers: int) -> float:
    """Processes of MLflow's server that so many trainings keep busy."""
    return workers * (BATCHES_A_SECOND / costs.batches_a_second + costs.look_seconds / ORDERS_SECONDS)


if __name__ == "__main__":
    main()
