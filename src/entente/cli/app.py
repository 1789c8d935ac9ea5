"""The root command: finds subcommands on first use, and turns errors into words and exit codes."""

from __future__ import annotations

import importlib
import signal
import sys
from typing import Any

import click

from entente import __version__
from entente.errors import EntenteError

#: Subcommand -> (module, attribute, one line of help). Modules are imported when their command is called, so that
#: `entente --help` answers at once.
COMMANDS = {
    "screen": ("entente.cli.screen", "screen", "Screen trade records and write ranked leads."),
    "demo": ("entente.cli.demo", "demo", "Screen the bundled sample."),
    "substances": ("entente.cli.substances", "substances", "Ask the register of control lists."),
    "records": ("entente.cli.records", "records", "Describe, map and convert trade records."),
    "leads": ("entente.cli.leads", "leads", "Show leads and fit their weights to outcomes."),
    "simulate": ("entente.cli.simulate", "simulate", "Make a trade year of three authorities to practise on."),
    "parties": ("entente.cli.parties", "parties", "Know a party again: names, watch lists, linkage."),
    "node": ("entente.cli.node", "node", "Make, run and look after the node of an authority."),
    "peer": ("entente.cli.peer", "peer", "Pair with other authorities."),
    "send": ("entente.cli.send", "send", "Release a message and send it to a peer."),
    "sync": ("entente.cli.sync", "sync", "Exchange messages with peers over the network."),
    "bundle": ("entente.cli.bundle", "bundle", "Exchange messages with a peer on a medium."),
    "messages": ("entente.cli.messages", "messages", "List and read messages."),
    "ledger": ("entente.cli.ledger", "ledger", "Check and prove what was sent and received."),
    "taxii": ("entente.cli.taxii", "taxii", "Let other tools read what was exchanged."),
    "impact": ("entente.cli.impact", "impact", "Say whether it worked: indicators, effects, claims."),
    "brief": ("entente.cli.brief", "brief", "Build the brief for the next meeting."),
    "match": ("entente.cli.match", "match", "Find out with a peer what both hold, without showing the rest."),
}


class EntenteGroup(click.Group):
    """A group that loads its commands lazily and prints an `EntenteError` with its place and remedy."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order a user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the module that holds the command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; print an error's words and leave with its family's exit code."""
        try:
            return super().invoke(ctx)
        except EntenteError as error:
            print_error(error)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(128 + signal.SIGINT)


def print_error(error: EntenteError) -> None:
    """Write what is wrong, where, and what to do, to standard error."""
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {error}", err=True)
    click.echo(f"{click.style('What to do:', bold=True)} {error.remedy}", err=True)


@click.group(cls=EntenteGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="entente")
def main() -> None:
    """Screen trade in precursor chemicals against the law as it was, and hand on ranked leads."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a Hanzi name must not end a run: it shows an escape in its place.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
