"""One thread, two clients: a coroutine that blocks, and one that waits."""
from drawing import Drawing

drawing = Drawing(760, 250, "A coroutine that blocks, and one that waits",
                  "With sleep_for() the quick message is displayed after two seconds; with a timer at once")


def row(y, title, bars, note):
    drawing.text(20, y, title, "code")
    for x, width, words, kind in bars:
        drawing.box(x, y + 12, width, 36, words, kind=kind)
    drawing.text(20, y + 70, note, "note")


row(30, "std::this_thread::sleep_for(2s)",
    [(20, 500, "slow: the thread sleeps", "bad"), (526, 80, "quick", "active")],
    "The quick message came at the beginning, and was displayed at the end.")
row(140, "co_await timer.async_wait()",
    [(20, 60, "slow", "active"), (86, 80, "quick", "active"), (172, 348, "the thread is free", "waiting"),
     (526, 80, "slow", "active")],
    "The slow message takes as long as before. The quick one does not wait for it.")
drawing.arrow(20, 236, 740, 236)
drawing.text(740, 228, "time", "note", "end")
print(drawing, end="")
