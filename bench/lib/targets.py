"""What Roger is to reach (bench/targets.json), and whether it does."""
import json
import re
from dataclasses import dataclass
from pathlib import Path

from lib.result import ROGER, Spread

FILE = Path(__file__).resolve().parent.parent / "targets.json"


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


def judge(target, results):
    """`results` by the names of their rows."""
    values = {name: value for name, result in results.items() if re.fullmatch(target.rows, name)
              and (value := _value(target, result, results)) is not None}
    if not values:
        return Verdict(target, "not measured", target.bound)
    met = all(target.is_met(value.median) for value in values.values())
    found = ", ".join(f"{name} {_found(target, value)}" for name, value in values.items())
    return Verdict(target, "met" if met else "missed", f"{target.bound}; {found}")


def _found(target, value):
    """The median; and the range, where it holds both what would be met and what would be missed."""
    def text(number):
        return f"{number:,.2f}" if number < 100 else f"{number:,.0f}"

    is_sure = target.is_met(value.low) == target.is_met(value.high)
    return text(value.median) + ("" if is_sure else f" ({text(value.low)} to {text(value.high)})")


def _value(target, result, results):
    """Its spread over the rounds; of rows that were measured one after the other, that of the ratio
    to the other's median."""
    if target.against:
        return result.ratio(ROGER, target.measure, target.against)
    spread = result.of(ROGER, target.measure)
    if spread is None or not target.against_row:
        return spread
    other = target.against_row in results and results[target.against_row].of(ROGER, target.measure)
    return other and Spread(*(value / other.median for value in (spread.median, spread.low, spread.high)))
