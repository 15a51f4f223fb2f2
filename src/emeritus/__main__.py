"""`python -m emeritus` and the command `emeritus`."""

import signal


def main() -> None:
    """Run the command line.

    While the program is being loaded there is nothing to tidy up, so Ctrl-C simply ends it.
    """
    handler = signal.signal(signal.SIGINT, signal.SIG_DFL)
    from emeritus.cli.main import main as run  # noqa: PLC0415 - loading is what is guarded here

    signal.signal(signal.SIGINT, handler)
    run()


if __name__ == "__main__":
    main()
