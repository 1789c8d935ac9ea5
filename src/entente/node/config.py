"""The settings of a node: one file, `config.toml` in its directory, and environment variables that go before it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from entente.errors import Place
from entente.exchange.content import member
from entente.exchange.errors import MalformedError
from entente.exchange.webauthn import relying_party
from entente.node.errors import NodeError
from entente.node.store.database import settings_of

SUITES = ("S1", "S2", "S3")
LEVELS = ("debug", "info", "warning", "error")
FILE = "config.toml"
_ADDRESS = re.compile(r"[\w.:\[\]-]+:\d{1,5}")
_URL = re.compile(r"https://[\w.\[\]:-]+(/[\w./-]*)?")


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a node.

    Attributes:
        name: the authority's name among its peers.
        jurisdiction: ISO 3166-1 alpha-2 of its state.
        suite: what it signs and opens with, unless agreed otherwise with a peer.
        database: address of the database; empty for SQLite in the directory.
        listen: host and port where `entente node serve` listens.
        url: where peers reach it; empty if only bundles are used.
        hosts: names under which pages may be asked for.
        log: least level that is logged.
        relying_party: domain for which officers' authenticators are registered; empty if there are none.
        origins: addresses of the pages on which officers use them.
    """

    name: str
    jurisdiction: str
    suite: str = "S1"
    database: str = ""
    listen: str = "127.0.0.1:8443"
    url: str = ""
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    log: str = "info"
    relying_party: str = ""
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the settings file.

    Attributes:
        name: in the file.
        variable: in the environment.
        meaning: for the person who edits it.
        good: whether a value is.
        remedy: what to write.
    """

    name: str
    variable: str
    meaning: str
    good: Callable[[Any], bool]
    remedy: str


def _is_name(value: Any) -> bool:
    try:
        member(value, "name")
    except MalformedError:
        return False
    return True


def _matches(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_database(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(settings_of(value, Path()))
    except (NodeError, ValueError):
        return False


def _is_party(domain: str, origins: tuple[str, ...]) -> bool:
    try:
        relying_party(domain, origins)
    except MalformedError:
        return False
    return True


SETTINGS = (
    Setting(
        "name",
        "ENTENTE_NAME",
        "Name of the authority among its peers. Cannot be changed later.",
        _is_name,
        "Use lower-case letters, digits, dots and dashes, for example cn-nncc.",
    ),
    Setting(
        "jurisdiction",
        "ENTENTE_JURISDICTION",
        "Two letters of its state (ISO 3166-1).",
        _matches("[A-Z]{2}"),
        "Use two capital letters, for example CN.",
    ),
    Setting(
        "suite",
        "ENTENTE_SUITE",
        "What it signs and opens with: S1, S2 or S3.",
        lambda value: value in SUITES,
        "Use S1, S2 or S3.",
    ),
    Setting(
        "database",
        "DATABASE_URL",
        "Address of the database; empty is SQLite in this directory.",
        _is_database,
        "Write postgresql://user@host:5432/name, sqlite:////path/db.sqlite3, or leave it empty.",
    ),
    Setting(
        "listen",
        "ENTENTE_LISTEN",
        "Host and port where the server listens.",
        lambda value: isinstance(value, str) and _ADDRESS.fullmatch(value) is not None and _port(value) < 65536,
        "Write a host and a port, for example 127.0.0.1:8443.",
    ),
    Setting(
        "url",
        "ENTENTE_URL",
        "Where peers reach this node; empty if only bundles are used.",
        lambda value: isinstance(value, str) and (not value or _URL.fullmatch(value) is not None),
        "Write an address such as https://entente.example.org:8443, or leave it empty.",
    ),
    Setting(
        "hosts",
        "ENTENTE_HOSTS",
        "Names under which pages may be asked for; in the environment parted by commas.",
        lambda value: isinstance(value, tuple) and bool(value) and all(isinstance(item, str) for item in value),
        'Write a list of names, for example ["entente.example.org"].',
    ),
    Setting(
        "log",
        "ENTENTE_LOG",
        "Least level that is logged: debug, info, warning or error.",
        lambda value: value in LEVELS,
        f"Use one of {', '.join(LEVELS)}.",
    ),
    Setting(
        "relying_party",
        "ENTENTE_RELYING_PARTY",
        "Domain for which officers' authenticators are registered; empty if officers have key files only.",
        lambda value: isinstance(value, str) and (not value or _is_party(value, (f"https://{value}",))),
        "Write a domain such as entente.example.org, or leave it empty.",
    ),
    Setting(
        "origins",
        "ENTENTE_ORIGINS",
        "Addresses of the pages on which officers use authenticators; in the environment parted by commas.",
        lambda value: isinstance(value, tuple) and all(isinstance(item, str) for item in value),
        'Write a list of addresses of that domain, for example ["https://entente.example.org"].',
    ),
)


def _port(value: str) -> int:
    return int(value.rpartition(":")[2])


def read_config(home: Path, environ: Mapping[str, str]) -> Config:
    """The settings of the node in a directory.

    Args:
        home: the directory.
        environ: the environment.

    Raises:
        NodeError: there is no node, the file cannot be read, or a setting is unknown, missing or not good.
    """
    path = home / FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NodeError(
            f"There is no node in {home}.", remedy="Make one with `entente node init`, or name its directory by --home."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NodeError(
            f"The settings cannot be read: {error}.", remedy="Correct the file.", place=Place(file=str(path))
        ) from None
    return check_config({**found, **_from_environment(environ)}, str(path))


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {item.name: environ[item.variable] for item in SETTINGS if environ.get(item.variable)}
    for several in {"hosts", "origins"} & set(found):
        found[several] = [name.strip() for name in found[several].split(",") if name.strip()]
    return found


def check_config(values: Mapping[str, Any], file: str) -> Config:
    """Settings, if every one of them is known and good.

    Raises:
        NodeError: one is not; the place names it.
    """
    known = {item.name: item for item in SETTINGS}
    if unknown := sorted(set(values) - set(known)):
        raise NodeError(
            f"There is no setting {unknown[0]!r}.",
            remedy=f"The settings are {', '.join(known)}.",
            place=Place(file=file, field=unknown[0]),
        )
    if missing := sorted({"name", "jurisdiction"} - set(values)):
        raise NodeError(
            f"The setting {missing[0]!r} is missing.",
            remedy=known[missing[0]].remedy,
            place=Place(file=file, field=missing[0]),
        )
    given: dict[str, Any] = {name: tuple(item) if isinstance(item, list) else item for name, item in values.items()}
    for name, value in given.items():
        if not known[name].good(value):
            raise NodeError(
                f"{_shown(name, value)} cannot be the setting {name!r}.",
                remedy=known[name].remedy,
                place=Place(file=file, field=name),
            )
    config = Config(**given)
    if bool(config.relying_party) != bool(config.origins) or not _agree(config):
        raise NodeError(
            "The settings 'relying_party' and 'origins' do not fit together.",
            remedy=known["origins"].remedy,
            place=Place(file=file, field="origins"),
        )
    return config


def _agree(config: Config) -> bool:
    return not config.relying_party or _is_party(config.relying_party, config.origins)


def _shown(name: str, value: Any) -> str:
    """A value for an error: of the database's address nothing, for a password may stand anywhere in a wrong one."""
    return "What is given" if name == "database" else repr(value)


def write_config(config: Config) -> str:
    """The settings file, with what each line means."""
    lines = ["# Settings of an Entente node. A variable of the environment goes before the line it is named at.", ""]
    values = {item.name: getattr(config, item.name) for item in fields(config)}
    for item in SETTINGS:
        value = values[item.name]
        text = "[" + ", ".join(map(_quoted, value)) + "]" if isinstance(value, tuple) else _quoted(value)
        lines += [f"# {item.meaning} ({item.variable})", f"{item.name} = {text}", ""]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
