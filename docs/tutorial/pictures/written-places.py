"""Where a record is on its way to the disk, and what takes it there."""
from drawing import Drawing

drawing = Drawing(760, 230, "Three places where a record can be",
                  "A record goes from the program's buffer by write() to the page cache of the system, and by "
                  "fdatasync() to the disk. The end of the process takes what is in the first, a power failure "
                  "what is in the first two.")
for left, name, note, kind in ((20, "a buffer", "of the program\n(std::cout)", "bad"),
                               (300, "the page cache", "of the system,\nin memory", "active"),
                               (580, "the disk", "", "good")):
    drawing.box(left, 30, 160, 84, name, note, kind)
drawing.arrow(180, 72, 300, 72, "write()", code=True)
drawing.arrow(460, 72, 580, 72, "fdatasync()", code=True)
for left, right, y, words in ((20, 180, 145, "taken by kill -9, or a crash of the program"),
                              (20, 460, 190, "taken by a power failure, or a crash of the system")):
    drawing.path([(left, y - 8), (left, y), (right, y), (right, y - 8)], "lost", arrow=False)
    drawing.text(left, y + 19, words, "note")
print(drawing, end="")
