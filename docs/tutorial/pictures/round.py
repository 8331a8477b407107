from drawing import Drawing

drawing = Drawing(760, 330, "A round of an event loop",
                  "Events of many sockets are noted first. Then each ready session receives and adds its messages to "
                  "one buffer, and suspends. One write takes the buffer. Then each session sends its acknowledgement.")
STEPS = [("note the events", "epoll_wait()"), ("receive", "recv() for each"),
         ("display", "one write()"), ("acknowledge", "send() for each")]
for number, (title, call) in enumerate(STEPS):
    left = 20 + number * 190
    drawing.text(left + 75, 26, f"{number + 1}. {title}", "strong", "middle")
    drawing.text(left + 75, 46, call, "code", "middle")
for number in range(3):
    y = 70 + number * 62
    drawing.box(20, y, 150, 44, f"socket {number + 1}", "has input")
    drawing.arrow(170, y + 22, 210, y + 22)
    drawing.box(210, y, 150, 44, f"session {number + 1}", "reads, suspends", "active")
    drawing.arrow(360, y + 22, 400, y + 22)
    drawing.arrow(550, y + 22, 590, y + 22)
    drawing.box(590, y, 150, 44, f"session {number + 1}", "goes on: ack", "good")
drawing.box(400, 70, 150, 168, "the records\nof the round", "written out\nat once")
drawing.path([(665, 256), (665, 300), (95, 300), (95, 250)])
drawing.text(380, 318, "until there is nothing to do; then the loop waits", "note", "middle")
print(drawing, end="")
