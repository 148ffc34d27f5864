"""What was measured, as a table for people and as JSON for programs."""

import json
from dataclasses import asdict, dataclass, field

MISSING = "–"


@dataclass
class Row:
    """One measure: the ceiling, us, the peer; and what we hold ourselves to."""

    measure: str
    unit: str
    us: float
    limit: float | None = None
    goal: float | None = None
    #: What is held against the limit: "us" itself, or "ratio" of us to the ceiling (or to what `ratio_to` says).
    judged: str = "us"
    at_least: bool = False
    ceiling: float | None = None
    ceiling_is: str = ""
    peer: float | None = None
    ratio: float | None = None
    note: str = ""
    samples: dict = field(default_factory=dict)

    def __post_init__(self):
        if self.ratio is None and self.ceiling:
            self.ratio = self.us / self.ceiling

    @property
    def verdict(self):
        """Where the figure stands. Without a limit it is for information."""
        value = self.us if self.judged == "us" else self.ratio
        if self.limit is None:
            return "info"
        if value is None:
            return "not taken"
        if self.goal is not None and self._holds(value, self.goal):
            return "goal"
        return "ok" if self._holds(value, self.limit) else "over"

    def _holds(self, value, bound):
        return value >= bound if self.at_least else value <= bound

    def bound(self):
        """The limit as people write it."""
        if self.limit is None:
            return MISSING
        sign = "≥" if self.at_least else "≤"
        times = "x" if self.judged == "ratio" else ""
        goal = f" ({figure(self.goal)}{times})" if self.goal is not None else ""
        return f"{sign} {figure(self.limit)}{times}{goal}"

    def cells(self):
        """The row of the table."""
        ceiling = f"{figure(self.ceiling)} {self.ceiling_is}".strip() if self.ceiling is not None else MISSING
        return [
            self.measure,
            self.unit,
            ceiling,
            figure(self.us),
            figure(self.peer),
            f"{figure(self.ratio)}x" if self.ratio is not None else MISSING,
            self.bound(),
            self.verdict,
        ]


@dataclass
class NotTaken:
    """A measure that failed: the run goes on, and its end says so."""

    measure: str
    why: str
    verdict: str = "not taken"

    def cells(self):
        return [self.measure, *[MISSING] * 6, self.verdict]


def figure(value):
    """Three significant digits, thousands kept whole."""
    if value is None:
        return MISSING
    if value == 0 or float(value).is_integer() and abs(value) < 1000:
        return str(int(value))
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.4f}"


HEADINGS = ["measure", "unit", "ceiling", "us", "olah", "ratio", "limit (goal)", "verdict"]


def markdown(rows):
    """The table, aligned for a terminal and valid in a document."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    text = [[cell.ljust(width) for cell, width in zip(line, widths)] for line in lines]
    text.insert(1, ["-" * width for width in widths])
    notes = [f"- {row.measure}: {row.note}" for row in rows if isinstance(row, Row) and row.note]
    notes += [f"- {row.measure}: not taken: {row.why}" for row in rows if isinstance(row, NotTaken)]
    return "\n".join(["| " + " | ".join(line) + " |" for line in text] + ["", *notes])


def as_json(rows, machine):
    """Everything, samples included."""
    packed = [asdict(row) | {"verdict": row.verdict} for row in rows]
    return json.dumps({"machine": machine, "rows": packed}, indent=2)
