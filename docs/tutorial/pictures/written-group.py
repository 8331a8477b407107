"""Group commit: records gather while the group before them is written."""
from drawing import Drawing

COMMITS = (110, 290, 470, 650)
# Of each client: when its record arrives, and with which commit it is written.
CLIENTS = ((110, 0), (150, 1), (185, 1), (250, 1), (330, 2), (430, 2))

drawing = Drawing(760, 330, "Group commit",
                  "The thread writes and synchronizes one group after the other. Each record waits until the "
                  "commit that is under way has ended, and is then written with all others that have come "
                  "meanwhile; at the end of that commit all of them are acknowledged.")
drawing.text(20, 46, "the thread", "strong")
for number, (begin, end) in enumerate(zip(COMMITS, COMMITS[1:])):
    records = sum(group == number for _, group in CLIENTS)
    drawing.box(begin, 20, end - begin - 4, 44, f"group {number + 1}",
                f"write {records}, fdatasync", ("active", "good", "plain")[number])
for row, (arrival, group) in enumerate(CLIENTS):
    y = 100 + 34 * row
    drawing.text(20, y + 5, f"client {row + 1}", "note")
    if COMMITS[group] > arrival:
        drawing.path([(arrival, y), (COMMITS[group], y)], "waiting", arrow=False)
    drawing.arrow(COMMITS[group], y, COMMITS[group + 1] - 4, y)
    drawing.add(f'<circle class="head" cx="{arrival}" cy="{y}" r="4"/>')
    drawing.text(COMMITS[group + 1] + 4, y + 5, "ack", "note")
drawing.text(20, 318, "dot: a record arrives    dashes: it gathers    arrow: it is written", "note")
print(drawing, end="")
