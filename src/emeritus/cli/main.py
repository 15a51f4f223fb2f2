"""The command `emeritus`: its verbs in order, and the edge where errors become sentences."""

import json
import os
import sys

import click

from emeritus import __version__
from emeritus.cli import (
    access,
    assessment,
    chat,
    check,
    commitments,
    demo,
    docket,
    elsewhere,
    interview,
    journal,
    keep,
    lifecycle,
    sealing,
)
from emeritus.cli import open as opening
from emeritus.foundation import EmeritusError, Unavailable

_SECTIONS: dict[str, tuple[click.Command, ...]] = {
    "Keep": (
        keep.init,
        keep.deposit,
        keep.pack_model,
        elsewhere.register,
        keep.show,
        keep.models,
        keep.restore,
        keep.audit,
        keep.drill,
        keep.repair_store,
        keep.stores,
        keep.replicate_stores,
        keep.export_bundle,
        keep.import_bundle,
        keep.interchange,
        sealing.sealing,
    ),
    "Open": (opening.serve, chat.chat, access.access),
    "Ask": (interview.interview,),
    "Answer": (docket.docket, docket.thread, lifecycle.next_due),
    "Write": (journal.journal,),
    "Retire": (
        lifecycle.announce_one,
        lifecycle.rescind_one,
        lifecycle.deprecate_one,
        lifecycle.report_one,
        lifecycle.retire_one,
    ),
    "Check": (
        check.verify,
        commitments.commitments,
        assessment.assess,
        check.rebuild,
        check.backup,
    ),
    "Try": (demo.demo, check.doctor),
}

_INTERRUPTED = 130


class VerbGroup(click.Group):
    """Lists the commands under the verbs of the product, in their order."""

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each verb."""
        for title, commands in _SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [(command.name or "", command.get_short_help_str(90)) for command in commands]
                )


@click.group(cls=VerbGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="emeritus", message="%(prog)s %(version)s")
def emeritus() -> None:
    """Keep one record per AI model, that anyone can check.

    Exit status: 0 done, 2 the input must change, 3 not here, 4 it exists or is held,
    5 a rule says no, 6 damage or a failed drill, 7 an engine, disk or network does not
    answer, 8 settings, 130 interrupted.
    """


for _commands in _SECTIONS.values():
    for _command in _commands:
        emeritus.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its documented status."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        emeritus.main(given, prog_name="emeritus", standalone_mode=False)
    except EmeritusError as problem:
        _say(problem, as_json="--json" in given)
        sys.exit(problem.exit_status)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted; nothing half-done is visible. Run it again to go on.", err=True)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as problem:
        # A verb that knows better has said it as an error of the family; this is the last edge.
        told = _unavailable(problem)
        _say(told, as_json="--json" in given)
        sys.exit(told.exit_status)


def _unavailable(problem: OSError) -> Unavailable:
    place = str(problem.filename or "")
    said = f"{problem.strerror or problem}{f' ({place})' if place else ''}"
    return Unavailable(
        f"the system refused: {said}; look at free space and permissions, then run it again",
        about=place,
    )


def _say(problem: EmeritusError, *, as_json: bool) -> None:
    click.echo(f"emeritus: {problem.message}", err=True)
    if as_json:
        error = {"code": problem.code, "message": problem.message, "about": problem.about}
        click.echo(json.dumps({"error": error}, ensure_ascii=False), err=True)
