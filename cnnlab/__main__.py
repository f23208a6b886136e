"""The program behind `python -m cnnlab` and the command `cnnlab`; `cnnlab.cli.commands` has the commands."""

from cnnlab.cli import output, signals


def program() -> None:
    """Runs the command that the arguments name, and ends the process with its status."""
    output.prepare()
    signals.handle(signals.end_at_once)
    from cnnlab.cli.commands import main  # after the handlers are in place

    main()


if __name__ == "__main__":
    program()
