"""A queue of deadlines, before and after a connection's message."""
from drawing import Drawing

drawing = Drawing(720, 300, "A queue of deadlines: a message moves its connection's entry to the end; the timer looks at the front alone",
                  "Two rows of entries, sorted by time. Between them the entry of client 7 moves from the middle to the end.")
BEFORE = [("client 4", "at 12.1 s"), ("client 7", "at 12.4 s"), ("client 2", "at 12.6 s"), ("client 5", "at 12.9 s")]
AFTER = [BEFORE[0], BEFORE[2], BEFORE[3], ("client 7", "at 13.0 s")]
drawing.text(20, 24, "the earliest in front", "note").text(700, 24, "the latest at the end", "note", "end")
for row, (top, entries) in enumerate([(38, BEFORE), (222, AFTER)]):
    for column, (name, at) in enumerate(entries):
        kind = "active" if name == "client 7" else "plain"
        drawing.box(20 + 178 * column, top, 146, 54, name, at, kind)
        if column:
            drawing.arrow(20 + 178 * column - 32, top + 27, 20 + 178 * column, top + 27)
drawing.path([(271, 92), (271, 150), (627, 150), (627, 220)])
drawing.text(449, 140, "a message of client 7: 3.0 s from now, at 10.0 s", "note", "middle")
drawing.box(20, 132, 146, 44, "the timer", "12.1 s", "good")
drawing.path([(93, 132), (93, 94)])
drawing.path([(93, 176), (93, 220)])
print(drawing, end="")
