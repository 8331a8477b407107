"""A client that ends its half of a connection, and still gets its answer."""
from drawing import Drawing

drawing = Drawing(720, 330, "Half-close",
                  "The client sends two messages, the second without a newline, and its end; the server answers both, "
                  "and then sends its end")
CLIENT, SERVER = 180, 520
drawing.lifeline(CLIENT, 12, 322, "client").lifeline(SERVER, 12, 322, "server")


def to_server(y, words):
    drawing.arrow(CLIENT, y, SERVER, y + 12, words)


def to_client(y, words):
    drawing.arrow(SERVER, y, CLIENT, y + 12, words)


to_server(76, "one, newline, two")
drawing.text(SERVER + 14, 92, "“one” is complete", "note")
to_client(112, "I got your message")
drawing.text(CLIENT - 14, 152, "shutdown(SHUT_WR)", "code", "end")
to_server(148, "FIN: the end of the stream")
drawing.text(SERVER + 14, 164, "eof: “two” is complete", "note")
to_client(190, "I got your message")
drawing.text(SERVER + 14, 240, "close()", "code")
to_client(236, "FIN")
drawing.text(CLIENT - 14, 252, "read() returns 0", "note", "end")
drawing.text(CLIENT - 14, 290, "close()", "code", "end")
print(drawing, end="")
