"""close() with unread bytes: the reset overtakes the acks that have not left yet."""
from drawing import Drawing

drawing = Drawing(760, 300, "What a reset destroys",
                  "When the server closes with unread bytes, its system sends a reset, and throws away the acks that "
                  "were still waiting to be sent")


def side(y, title, waiting, waiting_kind, arrow, words, note):
    drawing.text(20, y, title, "code")
    drawing.box(20, y + 14, 130, 56, "server")
    drawing.box(160, y + 14, 180, 56, waiting, "in its system, not yet sent", waiting_kind)
    drawing.arrow(346, y + 42, 484, y + 42, words, arrow)
    drawing.box(490, y + 14, 250, 56, "client", note)


side(26, "close() with bytes unread", "the last acks", "bad", "lost", "reset", "gets some acks, and an error")
side(170, "shutdown(SHUT_WR), read on, close()", "the last acks", "good", "arrow", "acks, then FIN",
     "gets all acks, and the end")
drawing.text(20, 124, "The server had displayed 10,000 messages, and its writes had all succeeded.", "note")
drawing.text(20, 268, "The FIN stands in line behind the acks. A reset does not stand in line.", "note")
print(drawing, end="")
