"""Starting and stopping Spark for one engine.

A session that is there already (a notebook, `spark-submit`) is used as it is, through a new session of its own with
the settings on which results depend. Otherwise a Java process is started and, at the end, ended again: nothing stays
behind, neither a process nor a `metastore_db`, `spark-warehouse` or `artifacts` folder.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from os import environ, pathsep
from pathlib import Path
from typing import Any

from entente.engine.parts import BATCH_ROWS
from entente.errors import EntenteError, MissingComponentError, UsageError

#: Oldest Java that PySpark 4 runs on.
JAVA = 17
#: Settings on which results depend, and what temporary tables are written with.
_RESULTS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "false",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",  # dates are what the file says, in year 1 as well
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.compression.codec": "lz4_raw",
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH_ROWS),
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
}
#: Of sixty short queries the compiling costs most: Java's quick compiler alone takes half the time at 250 k rows. The
#: long methods that Spark generates are compiled as well. spark.driver.extraJavaOptions has the last word.
_QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC -XX:-DontCompileHugeMethods"
_GRACE_S = 30
#: Seconds that a master has to answer.
_ANSWER_S = 10


@dataclass(frozen=True, slots=True)
class Running:
    """A Spark session; `process` is the Java process if it was started for this engine."""

    session: Any
    process: subprocess.Popen[bytes] | None
    is_own: bool

    def close(self) -> None:
        """Free the session if it is the engine's own."""
        if not self.is_own:
            return
        from pyspark import SparkContext

        gateway = SparkContext._gateway  # noqa: SLF001 - PySpark keeps the Java process for ever otherwise
        self.session.stop()
        if self.process is not None:
            gateway.shutdown()
            SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001 - the next engine starts another
            if self.process.stdin:
                self.process.stdin.close()  # Spark's Java process ends when its input does
            self.process.wait(_GRACE_S)


def start(home: Path, master: str) -> Running:
    """Start Spark, or join a session that is there already.

    Args:
        home: the engine's folder for temporary files.
        master: Spark master URL.

    Raises:
        MissingComponentError: PySpark, what it needs of Python, or a suitable Java is missing.
        EntenteError: Spark does not start.
    """
    need_python_parts()
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        session = active.newSession()
        for key, value in _RESULTS.items():
            session.conf.set(key, value)
        return Running(session, None, is_own=False)
    need_java()
    need_master(master)
    return _start(home, master)


def need_python_parts() -> None:
    """Refuse to go on without PySpark and pandas, which PySpark asks for before it passes Arrow batches.

    Raises:
        MissingComponentError: one is not installed.
    """
    for module in ("pyspark", "pandas"):
        if find_spec(module) is None:
            raise MissingComponentError(
                f"The Spark engine needs {module}, which is not installed.",
                remedy="Install it: pip install 'entente[spark]'. Or use --engine local.",
            )


def need_java() -> None:
    """Refuse to go on without a Java that PySpark runs on.

    Raises:
        MissingComponentError: there is none, or it is too old.
    """
    remedy = (
        f"Install a Java runtime, version {JAVA} or later (Debian: openjdk-17-jre-headless), or use --engine local."
    )
    java = _java()
    if java is None:
        raise MissingComponentError("The Spark engine needs Java, which is not installed.", remedy=remedy)
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603 - fixed
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    if found is None or int(found[1]) < JAVA:
        version = f"version {found[1]}" if found else "does not say its version"
        raise MissingComponentError(f"The Spark engine needs Java {JAVA}; {java} is {version}.", remedy=remedy)


def need_master(master: str) -> None:
    """Refuse a master that nobody answers for: Spark itself would try for minutes, and then say it in Java.

    Of several masters one has to answer. Other kinds of masters (`local`, `yarn`) have no address to be asked.

    Raises:
        UsageError: the address is none.
        EntenteError: nothing answers at the address.
    """
    if not master.startswith(("spark://", "k8s://")):
        return
    addresses = [_address(one, master) for one in re.sub(r"^(spark|k8s)://(https?://)?", "", master).split(",")]
    reasons = [_unanswered(host, port) for host, port in addresses]
    if all(reasons):
        raise EntenteError(
            f"The Spark master {master} cannot be reached: {reasons[0]}.",
            remedy="Check that it runs, its host and port, and the network between. Or use --engine local.",
        )


def _address(text: str, master: str) -> tuple[str, int]:
    text = text.rstrip("/")
    if master.startswith("k8s://") and ":" not in text:
        text += ":443"  # what Spark takes for a Kubernetes address without a port
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise UsageError(
            f"{master!r} is no address of a Spark master.",
            remedy="Give it as spark://host:7077, with the port, or k8s://https://host:6443, or leave --master out.",
        )
    return host.strip("[]"), int(port)


def _unanswered(host: str, port: int) -> str:
    """Why nobody answers at an address; empty where somebody does."""
    try:
        with socket.create_connection((host, port), timeout=_ANSWER_S):
            return ""
    except OSError as error:
        return str(error.strerror or error)


def _java() -> str | None:
    """The Java that Spark's own start script takes: that of JAVA_HOME, or else of PATH."""
    home = environ.get("JAVA_HOME")
    return shutil.which(str(Path(home, "bin", "java"))) if home else shutil.which("java")


def _start(home: Path, master: str) -> Running:
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway
    from pyspark.logger import PySparkLogger
    from pyspark.sql import SparkSession

    conf = SparkConf().setAll(list(_settings(home, master).items()))
    log = home / "spark.log"
    try:
        with log.open("wb") as stream:
            gateway = launch_gateway(conf, popen_kwargs={"stderr": stream, "stdout": stream})
        context = SparkContext(conf=conf, gateway=gateway)
        session = SparkSession(context)  # refused where the master never answered as one: the context has ended
    except (PySparkException, Py4JError, OSError) as error:
        raise EntenteError(
            f"Spark does not start: {_reason(log) or error}",
            remedy="Check --master, JAVA_HOME and Spark's own settings. Or use --engine local.",
        ) from error
    context.setLogLevel("ERROR")
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        PySparkLogger.getLogger(name).disabled = True  # what they print is in the exception as well
    if context.pythonExec == "python3":  # no PYSPARK_PYTHON: workers run what this process runs
        context.pythonExec = sys.executable
    return Running(session, getattr(gateway, "proc", None), is_own=True)


def _reason(log: Path) -> str:
    """What Spark said last of an error, or at all; empty where it said nothing."""
    lines = log.read_text("utf-8", "replace").strip().splitlines() if log.is_file() else []
    reasons = [line for line in lines if " Reason: " in line] or [line for line in lines if " ERROR " in line]
    return (reasons or lines or [""])[-1]


def _settings(home: Path, master: str) -> dict[str, str]:
    for name in ("tmp", "spill"):
        (home / name).mkdir()
    settings = {
        **_RESULTS,
        "spark.master": master,
        "spark.app.name": "entente",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": (home / "warehouse").as_uri(),
        "spark.sql.codegen.maxFields": "500",  # a query over all rules has more columns than Spark compiles by default
        "spark.hadoop.parquet.enable.dictionary": "false",  # temporary tables are read once or twice
        "spark.driver.defaultJavaOptions": f"-Djava.io.tmpdir={home / 'tmp'}",
    }
    return settings | (_on_this_machine(home) if master.startswith("local") else {})


def _on_this_machine(home: Path) -> dict[str, str]:
    """Settings for a local master: it listens on no other address, cuts work into few pieces, and starts quickly."""
    return {
        "spark.driver.defaultJavaOptions": f"-Djava.io.tmpdir={home / 'tmp'} {_QUICK_JAVA}",
        "spark.driver.memory": "2g",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(home / "spill"),
        "spark.sql.shuffle.partitions": "4",
        "spark.executorEnv.PYTHONPATH": pathsep.join(filter(None, sys.path)),
    }
