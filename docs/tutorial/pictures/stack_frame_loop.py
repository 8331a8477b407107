"""Where a coroutine is while it runs, and while it waits."""
from drawing import Drawing

drawing = Drawing(820, 300, "The stack, the frame and the loop",
                  "While serve() runs, it is on the stack and its locals are in its frame; while it waits, only the "
                  "frame is left, and the loop knows it by its descriptor")


def panel(x, title, top, top_kind, waits, caption):
    drawing.text(x, 24, title, "strong")
    drawing.text(x + 55, 52, "stack", "note", "middle")
    drawing.text(x + 192, 52, "heap", "note", "middle")
    for number, (words, kind) in enumerate([(top, top_kind), ("run()", "plain"), ("main()", "plain")]):
        drawing.box(x, 62 + 46 * number, 110, 38, words, kind=kind, code=True)
    drawing.box(x + 140, 62, 105, 68, "frame", "client\nmessage", "waiting" if waits else "active")
    drawing.box(x + 140, 154, 105, 38, "7: frame" if waits else "nobody", kind="good" if waits else "plain")
    drawing.text(x + 192, 212, "who waits", "note", "middle")
    if waits:
        drawing.arrow(x + 192, 154, x + 192, 134)
    else:
        drawing.arrow(x + 110, 81, x + 138, 81)
    drawing.text(x, 244, caption, "note")


panel(15, "1. serve() runs", "serve()", "active", False,
      "The loop has resumed it. Its\nlocals are in the frame.")
panel(290, "2. It waits: co_await", "epoll_wait()", "plain", True,
      "It is no longer on the stack.\nThe loop knows the frame, and\nwaits for all descriptors.")
panel(565, "3. A message is here", "serve()", "active", False,
      "Descriptor 7 is ready: the loop\ntakes the frame from its table,\nand resumes it.")
print(drawing, end="")
