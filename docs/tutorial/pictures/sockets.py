from drawing import Drawing

drawing = Drawing(720, 400, "The calls of a server and of a client",
                  "The server calls socket, bind, listen and accept; accept waits until the client has called "
                  "socket and connect. Then the client writes, the server reads, writes out and writes the ack, "
                  "the client reads it, and both close.")
SERVER, CLIENT = 150, 570
drawing.lifeline(SERVER, 12, 392, "server").lifeline(CLIENT, 12, 392, "client")


def call(x, y, words, kind="plain", height=28):
    drawing.box(x - 85, y, 170, height, words, kind=kind, code=True)


call(SERVER, 60, "socket()")
call(SERVER, 96, "bind()")
call(SERVER, 132, "listen()")
call(SERVER, 168, "accept()", "active", 52)
call(CLIENT, 132, "socket()")
call(CLIENT, 180, "connect()", "active")
drawing.arrow(CLIENT - 85, 196, SERVER + 85, 208, "connection", both=True)
call(CLIENT, 236, "write()")
call(SERVER, 244, "read()", "active")
drawing.arrow(CLIENT - 85, 250, SERVER + 85, 258, "message")
call(SERVER, 280, "display it", "good")
call(SERVER, 316, "write()")
call(CLIENT, 316, "read()", "active")
drawing.arrow(SERVER + 85, 330, CLIENT - 85, 330, "acknowledgement")
call(SERVER, 352, "close()")
call(CLIENT, 352, "close()")
print(drawing, end="")
