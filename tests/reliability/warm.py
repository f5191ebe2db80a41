"""Modules, templates and statements of commands and workers, loaded once for all forks of the process that imports this."""

from __future__ import annotations

import gc
import importlib
import pkgutil

import procrastinate.worker  # noqa: F401 (loaded for the forks, as is all else here)
import psycopg_pool  # noqa: F401
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401

import db
import monitor.cli.worker
import monitor.queue.worker  # noqa: F401
from tests.e2e.forge import load
from tests.statements import share_statements

for module in pkgutil.iter_modules(db.__path__, "db."):
    importlib.import_module(module.name)
load()
share_statements()
gc.freeze()
