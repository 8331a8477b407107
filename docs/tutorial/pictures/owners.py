"""Who owns what in a server with two clients."""
from drawing import Drawing

drawing = Drawing(720, 330, "The context holds the pending operations, an operation its coroutine's frame, a frame its socket",
                  "Three rows: a pending accept with the frame of listen, and two pending reads, each with a frame "
                  "of serve that owns a socket and a string")
drawing.text(20, 24, "io_context", "strong").text(270, 24, "frames, on the heap", "strong")
drawing.text(560, 24, "main(), the system", "strong")
drawing.box(15, 38, 190, 276)
for row, (operation, name) in enumerate([("async_accept", "listen()"), ("async_read_until", "serve()"),
                                         ("async_read_until", "serve()")]):
    top = 52 + 92 * row
    drawing.box(30, top, 160, 66, operation, "pending", "active", code=True)
    drawing.arrow(190, top + 33, 268, top + 33, "owns")
    drawing.box(270, top, 190, 66, kind="plain")
    drawing.text(284, top + 20, name, "code")
    if row == 0:
        drawing.text(284, top + 39, "acceptor&", "code")
        drawing.arrow(460, top + 33, 558, top + 33, "refers to", "lost")
        drawing.box(560, top, 145, 66, "acceptor", "ends after run()", code=True)
    else:
        drawing.text(284, top + 39, 'client\nreceived: ""', "code")
        drawing.arrow(460, top + 33, 558, top + 33, "owns")
        drawing.box(560, top, 145, 66, f"descriptor {6 + row}", f"client {row}", "good")
print(drawing, end="")
