"""Migrations that a kill at any point leaves done or undone, and never half done.

Django commits the new tables first, and then, in a transaction of its own, that they are there. Killed in between, it
would later try to make them again, and fail for good. Here both are one commit, so `entente node migrate` goes on
where it stopped.
"""

from __future__ import annotations

from typing import Any

from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration


class _Executor(MigrationExecutor):
    """Commits with a migration that it was made."""

    def apply_migration(self, state: Any, migration: Migration, fake: bool = False, fake_initial: bool = False) -> Any:
        """Run a migration forwards."""
        if fake or fake_initial or not migration.atomic:
            return super().apply_migration(state, migration, fake, fake_initial)
        with self.connection.schema_editor(atomic=True) as editor:
            state = migration.apply(state, editor)
            for statement in editor.deferred_sql:  # indexes and references, which Django makes when it leaves the block
                editor.execute(statement, params=None)
            editor.deferred_sql.clear()
            for label, name in migration.replaces or [(migration.app_label, migration.name)]:
                self.recorder.record_applied(label, name)
        return state


def migrate(alias: str) -> None:
    """Make or bring up to date all tables, one commit a migration."""
    executor = _Executor(connections[alias])
    executor.loader.check_consistent_history(connections[alias])
    emit_pre_migrate_signal(verbosity=0, interactive=False, db=alias)
    executor.migrate(executor.loader.graph.leaf_nodes())
    emit_post_migrate_signal(verbosity=0, interactive=False, db=alias)
