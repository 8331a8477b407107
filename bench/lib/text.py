"""The table for people: a block for each row, printed as soon as the row is done."""
from lib.columns import columns

NAME = 12
WIDTH = 13


def print_block(result):
    shown = columns(result.row.kind)
    print(f"\n{result.row.name}: {result.row.title}")
    if result.samples:
        print(f"  {'':{NAME}}" + "".join(f"{heading:>{max(WIDTH, len(heading) + 2)}}" for heading in shown))
    for name in result.samples:
        cells = "".join(f"{cell(result, name):>{max(WIDTH, len(heading) + 2)}}"
                        for heading, cell in shown.items())
        print(f"  {name:{NAME}}{cells}  {'; '.join(result.remarks(name))}".rstrip())
    for name, reason in result.left_out.items():
        print(f"  {name:{NAME}} left out: {reason}")
    for note in result.notes:
        print(f"  note: {note}")
    print(end="", flush=True)


def print_verdicts(verdicts):
    print("\ntargets")
    for verdict in verdicts:
        print(f"  {verdict.word:14}{verdict.target.work}: {verdict.explanation}")
