"""What was measured for a row: a sample for each contender and round, and what follows from them."""
import statistics
from dataclasses import dataclass

FLOOR = "floor"
ROGER = "roger"
COMPARED = ("cpu_us", "rate", "p50_us", "p99_us")  # with the floor, in JSON


@dataclass(frozen=True)
class Spread:
    median: float
    low: float
    high: float

    @staticmethod
    def of(values):
        """None where there are no values."""
        return Spread(statistics.median(values), min(values), max(values)) if values else None


class Result:
    def __init__(self, row):
        self.row = row
        self.samples = {}   # by contender, then by round
        self.failures = {}  # the last one of a contender that has samples
        self.left_out = {}  # by contender: why
        self.notes = []

    def add(self, name, turn, sample):
        self.samples.setdefault(name, {})[turn] = sample

    def fail(self, name, reason):
        """Whoever fails before it has been measured once will not be measured."""
        if name in self.samples:
            self.failures[name] = reason
        else:
            self.left_out[name] = reason

    def of(self, name, measure):
        """The spread of a measure over the rounds."""
        values = [sample.get(measure) for sample in self.samples.get(name, {}).values()]
        return Spread.of([value for value in values if value is not None])

    def ratio(self, name, measure, base=FLOOR):
        """The spread of its ratio to another contender's, each pair of the same round."""
        mine, theirs = self.samples.get(name, {}), self.samples.get(base, {})
        return Spread.of([mine[turn][measure] / theirs[turn][measure] for turn in mine
                          if turn in theirs and mine[turn].get(measure) is not None
                          and theirs[turn].get(measure)])

    def remarks(self, name):
        """What a reader of its figures has to know."""
        busy, server = self.of(name, "generator_busy"), self.of(name, "server_busy")
        if busy and busy.median > 0.97 and server.median < 0.95 * self.row.threads:
            yield "the generator was the bottleneck"
        if name in self.failures:
            yield f"{len(self.samples[name])} rounds only: {self.failures[name]}"
        resent = self.of(name, "resent")
        if resent and resent.high > 0:
            yield f"up to {resent.high:,.0f} datagrams sent again"

    def medians(self, name):
        """By measure."""
        measures = {measure for sample in self.samples[name].values() for measure in sample}
        return {measure: self.of(name, measure).median for measure in sorted(measures)
                if self.of(name, measure)}

    @property
    def is_incomplete(self):
        """Whether Roger or the floor could not be measured in every round."""
        needed = {FLOOR, ROGER} & set(self.row.servers)
        return not needed <= self.samples.keys() or bool(needed & self.failures.keys())

    def data(self):
        """For JSON."""
        return {"name": self.row.name, "title": self.row.title, "kind": self.row.kind,
                "medians": {name: self.medians(name) for name in self.samples},
                "samples": {name: list(rounds.values()) for name, rounds in self.samples.items()},
                "to_floor": {name: {measure: vars(ratio) for measure in COMPARED
                                    if (ratio := self.ratio(name, measure))}
                             for name in self.samples},
                "failures": self.failures, "left_out": self.left_out, "notes": self.notes}
