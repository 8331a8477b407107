"""The results as a Markdown document."""
from lib.columns import columns


def document(report):
    """All of it, as text."""
    return "\n".join([
        *_circumstances(report), "", "## CPU of the server per exchange, × the floor", "",
        *_matrix(report), "", "## All figures", "", *_figures(report, "exchange"),
        *_figures(report, "memory"), *_remarks(report), "## Targets", "", *_targets(report)]) + "\n"


def _circumstances(report):
    yield "# Comparison"
    yield ""
    yield (f"Medians of {report.rounds} rounds of {report.seconds:g} s each; ratios are those of "
           "measurements of one round. " + ("Not finished. " if report.unfinished else "")).strip()
    yield ""
    yield from (f"- {name}: {value}" for name, value in report.circumstances.items())
    yield from (f"- **{warning}**" for warning in report.warnings)
    yield ""
    yield from (f"- `{name}`: {says}" for name, says in report.contenders.items())


def _table(headings, lines):
    yield "| " + " | ".join(headings) + " |"
    yield "| --- |" + " ---: |" * (len(headings) - 1)
    yield from ("| " + " | ".join(line) + " |" for line in lines)


def _matrix(report):
    results = [result for result in report.results if result.row.kind != "memory"]
    names = [name for name in report.contenders if any(name in result.samples for result in results)]

    def cell(result, name):
        ratio = result.ratio(name, "cpu_us")
        return f"{ratio.median:.2f}" if ratio else ""

    yield from _table(["row", *names], ([f"{result.row.name}", *(cell(result, name) for name in names)]
                                        for result in results))


def _figures(report, kind):
    results = [result for result in report.results
               if (result.row.kind == "memory") == (kind == "memory")]
    if results:
        shown = columns(kind)
        yield from _table(["row", "server", *shown], (
            [result.row.name, name, *(cell(result, name) for cell in shown.values())]
            for result in results for name in result.samples))
        yield ""


def _remarks(report):
    lines = []
    for result in report.results:
        said = [f"`{name}` left out: {reason}" for name, reason in result.left_out.items()]
        said += [f"`{name}`: {remark}" for name in result.samples for remark in result.remarks(name)]
        lines.append(f"- `{result.row.name}`: {result.row.title}"
                     + "".join(f"; {remark}" for remark in [*said, *result.notes]))
    return ["## Rows", "", *lines, ""]


def _targets(report):
    return _table(["work", "result", "measured"],
                  ([verdict.target.work, verdict.word, verdict.explanation]
                   for verdict in report.verdicts))
