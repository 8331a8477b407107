"""Pictures for the tutorial: boxes, arrows and texts as an SVG that follows its reader's light or dark
screen. A picture's script makes a Drawing, draws on it, and prints it:

    drawing = Drawing(640, 200, "A client and a server")
    drawing.box(20, 40, 160, 60, "client", "its process")
    drawing.arrow(180, 70, 460, 70, "connect()")
    print(drawing, end="")

Lengths are in pixels, y grows downwards. Colours have names for what they mean (see STYLE).
"""
import html

STYLE = """
  text { font: 14px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328 }
  .code { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace }
  .note { fill: #59636e; font-size: 13px }
  .strong { font-weight: 600 }
  .plain { fill: #f6f8fa; stroke: #d1d9e0 }
  .active { fill: #ddf4ff; stroke: #54aeff }
  .good { fill: #dafbe1; stroke: #4ac26b }
  .bad { fill: #ffebe9; stroke: #ff8182 }
  .waiting { fill: none; stroke: #afb8c1; stroke-dasharray: 4 4 }
  .arrow { fill: none; stroke: #59636e; stroke-width: 1.5 }
  .axis { fill: none; stroke: #d1d9e0 }
  .head { fill: #59636e }
  .lost { fill: none; stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 5 4 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .note { fill: #9198a1 }
    .plain { fill: #151b23; stroke: #3d444d } .active { fill: #121d2f; stroke: #388bfd }
    .good { fill: #12261e; stroke: #2ea043 } .bad { fill: #25171c; stroke: #da3633 }
    .waiting { stroke: #656c76 } .arrow { stroke: #9198a1 } .head { fill: #9198a1 }
    .axis { stroke: #3d444d } .lost { stroke: #f85149 }
  }"""
LINE = 19


class Drawing:
    def __init__(self, width, height, title, description=""):
        self.size = width, height
        self.title = title
        self.description = description or title
        self.parts = []

    def add(self, element):
        self.parts.append(element)
        return self

    def text(self, x, y, words, kind="", anchor="start"):
        """Words whose baseline begins (or has its middle or end) at a point; lines as in `words`."""
        for number, line in enumerate(words.split("\n")):
            self.add(f'<text class="{kind}" x="{x:g}" y="{y + number * LINE:g}" text-anchor="{anchor}" '
                     f'xml:space="preserve">{html.escape(line)}</text>')
        return self

    def box(self, x, y, width, height, words="", note="", kind="plain", code=False):
        """A box with words in its middle, and a note in smaller letters below them."""
        self.add(f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6"/>')
        lines = [(line, "code" if code else "strong") for line in words.split("\n") if words]
        lines += [(line, "note") for line in note.split("\n") if note]
        top = y + height / 2 - LINE * (len(lines) - 1) / 2 + 5
        for number, (line, style) in enumerate(lines):
            self.text(x + width / 2, top + number * LINE, line, style, "middle")
        return self

    def arrow(self, x1, y1, x2, y2, label="", kind="arrow", code=False, both=False):
        """An arrow from one point to another, with a label above its middle."""
        self.add(f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" '
                 f'marker-end="url(#head)"{" marker-start=" + chr(34) + "url(#tail)" + chr(34) if both else ""}/>')
        if label:
            self.text((x1 + x2) / 2, (y1 + y2) / 2 - 7, label, "code" if code else "note", "middle")
        return self

    def path(self, points, kind="arrow", arrow=True):
        """A line through points, with a head at its end."""
        steps = " ".join(f"{x:g},{y:g}" for x, y in points)
        return self.add(f'<polyline class="{kind}" points="{steps}"{" marker-end=" + chr(34) + "url(#head)" + chr(34) if arrow else ""}/>')

    def lifeline(self, x, top, bottom, name, note=""):
        """A participant of a sequence: a box, and below it the line of its time."""
        self.box(x - 75, top, 150, 44 if note else 32, name, note)
        return self.add(f'<line class="axis" x1="{x:g}" y1="{top + (44 if note else 32):g}" '
                        f'x2="{x:g}" y2="{bottom:g}"/>')

    def __str__(self):
        width, height = self.size
        head = '<path class="head" d="M0,0 L8,4 L0,8 z"/>'
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img">',
            f"<title>{html.escape(self.title)}</title>", f"<desc>{html.escape(self.description)}</desc>",
            f"<style>{STYLE}\n</style>",
            '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
            f'markerUnits="userSpaceOnUse" orient="auto">{head}</marker><marker id="tail" viewBox="0 0 8 8" '
            'refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" '
            f'orient="auto-start-reverse">{head}</marker></defs>',
            *self.parts, "</svg>"]) + "\n"
