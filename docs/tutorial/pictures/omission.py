"""The same stall of a server, as a closed loop and as a fixed schedule see it."""
from drawing import Drawing

drawing = Drawing(760, 350, "A server that stops, in a closed loop and in an open loop",
                  "Above, a closed loop: one message waits from the beginning to the end of the stall, and none "
                  "is sent meanwhile. Below, a fixed schedule: every message that was planned meanwhile waits "
                  "until the end of the stall, each a little less than the one before.")
LEFT, STEP, FROM, TO = 120, 24, 9, 18
drawing.add(f'<rect class="bad" x="{LEFT + FROM * STEP - 8}" y="34" width="{(TO - FROM) * STEP + 4}" height="270" rx="6"/>')
drawing.text(LEFT + (FROM + TO) * STEP / 2 - 6, 24, "the server stands still", "note", "middle")


def message(x, y, length):
    drawing.add(f'<rect class="active" x="{x:g}" y="{y:g}" width="{length:g}" height="9" rx="2"/>')


drawing.text(20, 72, "closed loop", "strong").text(20, 91, "one client", "note")
for number in [*range(FROM), *range(TO, 25)]:
    message(LEFT + number * STEP, 66, 9)
message(LEFT + FROM * STEP, 66, (TO - FROM) * STEP - 8)
drawing.text(LEFT + FROM * STEP, 98, "one long wait,\nand nothing else is sent", "note")
drawing.text(20, 172, "open loop", "strong").text(20, 191, "one client", "note")
for number in range(25):
    waits = FROM <= number < TO
    row = 150 + 15 * (number - FROM) if waits else (150 if number < FROM else 150 + 15 * (TO - FROM - 1))
    message(LEFT + number * STEP, row, (TO - number) * STEP - 8 if waits else 9)
drawing.arrow(LEFT - 10, 318, LEFT + 25 * STEP, 318, kind="arrow")
drawing.text(LEFT + 25 * STEP + 6, 322, "time", "note")
drawing.text(LEFT, 340, "a bar: from the moment at which a message was planned to its answer", "note")
print(drawing, end="")
