"""The triggers that any table can have, as SQL for a migration.

What they call is made in `clinic/migrations/0002_history_and_guards.py`.
"""


def history(table: str) -> str:
    """Each row as it was and as it became."""
    return (
        f"CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION clinic_record_history();"
    )


def never_changed(table: str, *once: str) -> str:
    """Rows that are only added to; `once` names columns that may be filled in later, once."""
    columns = ", ".join(f"'{column}'" for column in once)
    return (
        f"CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION clinic_refuse_change({columns});"
    )
