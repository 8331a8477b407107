"""Where bytes wait between a client and the output."""
from drawing import Drawing

drawing = Drawing(900, 280, "Where messages and acknowledgements wait",
                  "Messages pass the client's send buffer, the server's receive buffer, the string "
                  "received and the pipe to the output. Acknowledgements pass the server's send buffer and the "
                  "client's receive buffer. Each has a bound.")
drawing.box(10, 40, 110, 200, "client", "sends\nreads acks")
drawing.box(530, 40, 140, 200, "server", "one coroutine\nfor this client")
drawing.box(550, 52, 100, 46, "received", kind="active", code=True)
for x, y, name, note in [(170, 46, "send buffer", "client's kernel"), (350, 46, "receive buffer", "server's kernel"),
                         (350, 176, "send buffer", "server's kernel"), (170, 176, "receive buffer", "client's kernel")]:
    drawing.box(x, y, 130, 58, name, note, kind="active")
drawing.box(720, 46, 60, 58, "pipe", "kernel", kind="active")
drawing.box(824, 46, 66, 58, "", "reader")
for x1, x2 in [(120, 168), (300, 348), (480, 528), (670, 718), (780, 822)]:
    drawing.arrow(x1, 75, x2, 75)
for x1, x2 in [(530, 482), (350, 302), (170, 122)]:
    drawing.arrow(x1, 205, x2, 205)
drawing.text(325, 30, "messages", "note", "middle")
drawing.text(325, 256, "acknowledgements", "note", "middle")
drawing.arrow(856, 140, 680, 140, "the reader stops …", "lost")
drawing.arrow(520, 140, 130, 140, "… and the client has to stop", "lost")
print(drawing, end="")
