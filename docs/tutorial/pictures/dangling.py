"""Two coroutines that refer to a name in a third one, which has gone on to the next client."""
from drawing import Drawing

drawing = Drawing(720, 270, "Two frames of serve refer to the one name in the frame of listen, which by now is client 3's",
                  "On the left the frames of client 1 and client 2, each with an arrow to the same variable on the right")
for row in range(2):
    top = 40 + 115 * row
    drawing.text(20, top - 10, f"frame of serve(), made for client {row + 1}", "note")
    drawing.box(20, top, 270, 74)
    drawing.text(36, top + 29, f"client: descriptor {row + 7}", "code")
    drawing.text(36, top + 55, "name&", "code")
drawing.text(440, 68, "frame of listen()", "note")
drawing.box(440, 78, 260, 110)
drawing.text(456, 108, "number = 3", "code")
drawing.box(456, 124, 228, 44, 'name = "client 3"', kind="bad", code=True)
drawing.path([(290, 90), (370, 90), (370, 138), (454, 138)], "lost")
drawing.path([(290, 205), (370, 205), (370, 154), (454, 154)], "lost")
drawing.text(440, 216, "the loop has ended the name of client 1\nand of client 2, and has made the next\none in the same place", "note")
print(drawing, end="")
