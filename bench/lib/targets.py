"""What Roger is to reach (bench/targets.json), and whether it does."""
import json
import re
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "targets.json"
ROGER = "roger"


@dataclass(frozen=True)
class Target:
    """A bound for a measure in all rows whose name matches: of its ratio to another contender's of
    the same round, of its ratio to the same in another row, or of the measure itself."""
    work: str
    rows: str
    measure: str
    against: str = ""
    against_row: str = ""
    at_most: float = float("inf")
    at_least: float = 0
    where_one_sync_takes_us: float = 0

    @property
    def bound(self):
        return f"at most {self.at_most:g}" if self.at_least == 0 else f"at least {self.at_least:g}"

    def is_met(self, value):
        return self.at_least <= value <= self.at_most


@dataclass(frozen=True)
class Verdict:
    target: Target
    word: str  # met, missed, not measured
    explanation: str

    def data(self):
        return {"work": self.target.work, "bound": self.target.bound, "result": self.word,
                "measured": self.explanation}


def targets():
    return [Target(**entry) for entry in json.loads(FILE.read_text())]


def judge(target, results, sync_us):
    """`results` by the names of their rows."""
    if sync_us < target.where_one_sync_takes_us:
        return Verdict(target, "not measured", f"{target.bound}; one sync takes {sync_us:.0f} µs here, "
                                               f"less than {target.where_one_sync_takes_us:.0f}")
    values = {name: value for name, result in results.items() if re.fullmatch(target.rows, name)
              and (value := _value(target, result, results)) is not None}
    if not values:
        return Verdict(target, "not measured", target.bound)
    met = all(map(target.is_met, values.values()))
    found = ", ".join(f"{name} {value:,.2f}" if value < 100 else f"{name} {value:,.0f}"
                      for name, value in values.items())
    return Verdict(target, "met" if met else "missed", f"{target.bound}; {found}")


def _value(target, result, results):
    if target.against:
        spread = result.ratio(ROGER, target.measure, target.against)
        return spread and spread.median
    spread = result.of(ROGER, target.measure)
    if spread is None or not target.against_row:
        return spread and spread.median
    other = target.against_row in results and results[target.against_row].of(ROGER, target.measure)
    return spread.median / other.median if other else None
