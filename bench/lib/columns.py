"""What is shown of a result: the columns of a table, for people and for Markdown."""
from lib.result import FLOOR
from lib.rows import LINE


def time_of(microseconds):
    """Three digits, with a unit."""
    if microseconds >= 999.5:
        value, unit = microseconds / 1000, "ms"
    elif microseconds < 0.9995:
        value, unit = microseconds * 1000, "ns"
    else:
        value, unit = microseconds, "µs"
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:,.{digits}f} {unit}"


def _median(measure, show):
    def cell(result, name):
        spread = result.of(name, measure)
        return show(spread.median) if spread else ""
    return cell


def _time(measure):
    return _median(measure, time_of)


def _ratio(measure):
    def cell(result, name):
        spread = result.ratio(name, measure)
        return f"{spread.median:.2f}" if spread else ""
    return cell


def _range(result, name):
    spread = result.ratio(name, "cpu_us")
    return f"{spread.low:.2f}–{spread.high:.2f}" if spread and name != FLOOR else ""


def _rate(result, name):
    """Exchanges a second; bytes where messages are not the usual ones."""
    rate = result.of(name, "rate")
    if rate is None:
        return ""
    if result.row.size != LINE:
        return f"{rate.median * result.row.size / 1e6:,.0f} MB/s"
    return f"{rate.median:,.0f}/s"


def _bytes(measure):
    return _median(measure, lambda size: f"{size:,.0f} B")


EXCHANGE = {
    "CPU each": _time("cpu_us"), "× floor": _ratio("cpu_us"), "min–max": _range, "rate": _rate,
    "p50": _time("p50_us"), "p50 × floor": _ratio("p50_us"),
    "p99": _time("p99_us"), "p99 × floor": _ratio("p99_us"),
}
MEMORY = {
    "idle": _bytes("idle_bytes"), "after one message": _bytes("used_bytes"),
    "CPU while idle": _median("idle_cpu_ms_per_second", lambda time: f"{time:.2f} ms/s"),
}


def columns(kind):
    """By heading: how its cell is made of a result and a contender's name."""
    return MEMORY if kind == "memory" else EXCHANGE
