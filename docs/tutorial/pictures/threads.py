"""One loop with one thread, one loop with two threads and strands, a loop for each thread."""
from drawing import Drawing

drawing = Drawing(760, 380, "Three ways to arrange loops and threads",
                  "On the left one loop and one thread. In the middle one loop and two threads, with a strand for "
                  "each connection. On the right two loops with a thread each, and connections of their own.")


def connections(x, y, numbers, kind="active"):
    for place, number in enumerate(numbers):
        drawing.box(x + 52 * place, y, 44, 32, str(number), kind=kind)


def loop(x, y, width, words):
    drawing.box(x, y, width, 44, words)


drawing.text(20, 28, "one loop, one thread", "strong")
connections(20, 60, [1, 2, 3, 4])
drawing.arrow(120, 92, 120, 148)
loop(60, 150, 120, "loop")
drawing.arrow(120, 194, 120, 240)
drawing.box(60, 242, 120, 40, "thread", kind="good")
drawing.text(20, 318, "One after the other:\nnothing needs a lock.", "note")

drawing.text(276, 28, "one loop, two threads", "strong")
connections(276, 60, [1, 2, 3, 4])
for place in range(4):
    drawing.arrow(298 + 52 * place, 92, 298 + 52 * place, 148)
drawing.text(486, 125, "strands", "note")
loop(276, 150, 200, "loop")
for place in range(2):
    drawing.arrow(326 + 100 * place, 194, 326 + 100 * place, 240)
    drawing.box(281 + 105 * place, 242, 90, 40, "thread", kind="good")
drawing.text(276, 318, "Any thread resumes any coroutine:\nwhat they share needs a lock\nor a strand.", "note")

drawing.text(560, 28, "a loop for each thread", "strong")
for place, numbers in enumerate([[1, 3], [2, 4]]):
    left = 560 + 104 * place
    connections(left - 5, 60, numbers)
    drawing.arrow(left + 40, 92, left + 40, 148)
    loop(left, 150, 80, "loop")
    drawing.arrow(left + 40, 194, left + 40, 240)
    drawing.box(left, 242, 80, 40, "thread", kind="good")
drawing.text(560, 318, "A connection stays with its\nthread: share nothing, and\nadd up at the end.", "note")
print(drawing, end="")
