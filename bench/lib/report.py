"""All that a run has found, for Markdown and JSON."""
from dataclasses import dataclass, field

from lib.targets import judge, targets


@dataclass
class Report:
    rounds: int
    seconds: float
    circumstances: dict  # machine and versions, by name
    contenders: dict     # what each is, by name
    warnings: list = field(default_factory=list)
    results: list = field(default_factory=list)
    unfinished: bool = True

    @property
    def verdicts(self):
        results = {result.row.name: result for result in self.results}
        return [judge(target, results) for target in targets()]

    def data(self):
        """For JSON."""
        return {"roger_comparison": 1, "rounds": self.rounds, "seconds": self.seconds,
                "unfinished": self.unfinished, "circumstances": self.circumstances,
                "contenders": self.contenders, "warnings": self.warnings,
                "rows": [result.data() for result in self.results],
                "targets": [verdict.data() for verdict in self.verdicts]}
