"""A stopped gateway's records as an older release would have left them: its rules saw nothing in what lies here, and released it."""

import json
import sqlite3

RULES = "0" * 64


def took_everything_for_harmless(gateway):
    """What today's rules said becomes what older rules said, and that was nothing."""
    nothing = json.dumps({"format": "unknown", "findings": [], "unexamined": []})
    with records(gateway) as db:
        db.execute("DELETE FROM scan WHERE ruleset = ?", [RULES])
        db.execute("DELETE FROM repository_scan WHERE ruleset = ?", [RULES])
        db.execute("DELETE FROM recall")
        db.execute("UPDATE scan SET ruleset = ?", [RULES])
        db.execute("UPDATE repository_scan SET ruleset = ?", [RULES])
        db.execute(
            "UPDATE scan SET verdict = 'clean', report = json_set(?, '$.format', format) WHERE verdict <> 'clean'", [nothing]
        )
        db.execute("UPDATE blob SET custody = 'released'")
    db.close()


def rows(gateway, sql, *given):
    """What is on record, read past the server."""
    db = records(gateway)
    try:
        return db.execute(sql, given).fetchall()
    finally:
        db.close()


def records(gateway):
    return sqlite3.connect(gateway.data / "weighbridge.db", timeout=30)
