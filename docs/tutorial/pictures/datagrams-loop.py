"""One forged datagram, and two servers that acknowledge each other's acks."""
from drawing import Drawing

drawing = Drawing(760, 290, "One forged datagram, and two servers that answer each other for ever",
                  "A stranger sends hello to port 51717 in the name of port 51718. The server at 51717 acknowledges "
                  "to 51718, the server there takes the ack for a message and acknowledges it to 51717, and so on.")
drawing.lifeline(110, 20, 270, "a stranger", "any address")
drawing.lifeline(380, 20, 270, "a server", "port 51717")
drawing.lifeline(650, 20, 270, "a server", "port 51718")
drawing.arrow(110, 100, 380, 100, "from 51718: hello", "lost")
for y, begin, end in ((135, 380, 650), (170, 650, 380), (205, 380, 650), (240, 650, 380)):
    drawing.arrow(begin, y, end, y, "I got your message")
drawing.text(515, 276, "and so on", "note", "middle")
print(drawing, end="")
