"""alembic's environment: the connection is handed in by `storage.schema`."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Enum

from storage import base, models

models.load()


def _render(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    # Our own column types are written as what they are in the database, so that a migration never imports the models.
    if kind == "type" and isinstance(item, base.UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, base.IntEnumType):
        return "sa.Integer()"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"  # checked by the models: a new state is no change of the schema
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=base.Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=_render,
    transaction_per_migration=False,
)
context.run_migrations()
