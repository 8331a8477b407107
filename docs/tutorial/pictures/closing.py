"""How a connection ends with a client that still sends: by close() alone, and by shutdown() first."""
from drawing import Drawing

drawing = Drawing(860, 400, "Two ways to close",
                  "With close() alone, a message that comes afterwards is answered with a reset, and the acks that "
                  "wait in the server's kernel are lost. With shutdown() first they arrive, then the end of the "
                  "stream, and the client closes.")
for left, title in [(0, "close() alone"), (440, "shutdown(), read, close()")]:
    drawing.text(left + 205, 22, title, "strong", "middle")
    drawing.lifeline(left + 85, 36, 385, "client")
    drawing.lifeline(left + 325, 36, 385, "server")
    drawing.arrow(left + 85, 100, left + 323, 100, "1,000 messages")
    drawing.arrow(left + 325, 130, left + 87, 130, "the first acks")

drawing.text(333, 165, "close()", "code")
drawing.arrow(85, 200, 323, 200, "one message more")
drawing.arrow(325, 240, 87, 240, "reset", "lost")
drawing.box(215, 262, 205, 46, "", "the acks not yet sent\nare thrown away", "bad")
drawing.text(93, 330, "Connection reset by peer", "note")

drawing.text(773, 165, "shutdown()", "code")
drawing.arrow(525, 200, 763, 200, "one message more")
drawing.text(773, 205, "discarded", "note")
drawing.arrow(765, 240, 527, 240, "the other acks")
drawing.arrow(765, 275, 527, 275, "end of the stream")
drawing.arrow(525, 320, 763, 320, "end of the stream")
drawing.text(517, 325, "close()", "code", "end")
drawing.text(773, 345, "close()", "code")
print(drawing, end="")
