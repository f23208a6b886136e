"""The command line, `python -m cnnlab`: trains, measures and serves without the dashboard.

A training runs in this process, one network after the other, by the functions that the dashboard's
workers call; a sweep starts such workers. The stored runs are the same. Keras, MLflow, Dask and Optuna are
imported inside the commands, so that `--help` answers at once.
"""

import click

from cnnlab import __version__
from cnnlab.cli.bench import bench
from cnnlab.cli.cluster import cluster
from cnnlab.cli.data import data
from cnnlab.cli.sweep import sweep
from cnnlab.cli.train import train


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="cnnlab")
def main() -> None:
    """Experiment with convolutional networks on small images.

    The dashboard starts by 'streamlit run app.py'; these commands do without it.
    """


for command in (train, sweep, data, bench, cluster):
    main.add_command(command)
