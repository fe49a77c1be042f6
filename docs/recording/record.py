#!/usr/bin/env python3
"""Records a conversation with `winnow chat` in a terminal as one animated SVG, the picture of README.

    docs/recording/record.py [--columns 80] [--rows 22] [--still] [--out docs/recording/chat.svg] [COMMAND...]

It needs tmux and a build (dotnet build src/Winnow.Cli -c Release), and nothing from the network. COMMAND is what runs in the terminal, the
built command with `chat` unless said otherwise. What it types is in `scene`; what it waits for is the prompt at the end of the screen.
"""
import argparse, html, os, re, shlex, subprocess, sys, tempfile, time, unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CELL, LINE, SIZE, PAD, BAR = 8.43, 18, 14, 14, 26
BACK, FORE = "#16181d", "#d7dae0"
BASE = ["#3b3f4a", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4"]
BRIGHT = ["#737a88", "#ff8a93", "#b5e08f", "#ffd98a", "#8cc8ff", "#de9df5", "#7bd6e0", "#ffffff"]
# Pauses of the recording are cut to this, so that nobody waits for a small machine.
LONGEST, SHORTEST, LAST = 1.2, 0.07, 4.0


class Terminal:
    """A tmux of its own, and the screens that it showed."""

    def __init__(self, columns, rows, command):
        self.socket, self.frames, self.began = f"winnow-record-{os.getpid()}", [], time.time()
        environment = "env -u NO_COLOR TERM=tmux-256color"
        home = tempfile.mkdtemp(prefix="winnow-record-")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  f"{environment} HOME={shlex.quote(home)} {shlex.join(command)}; sleep 1")
        self.tmux("set-option", "-g", "status", "off")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-u", "-L", self.socket, *words], check=True, capture_output=True, text=True).stdout

    def look(self):
        screen = self.tmux("capture-pane", "-e", "-p").rstrip("\n").split("\n")
        x, y = map(int, self.tmux("display-message", "-p", "#{cursor_x} #{cursor_y}").split())
        frame = (tuple(screen), x, y)
        if not self.frames or self.frames[-1][1] != frame:
            self.frames.append((time.time() - self.began, frame))
        return [plain(line) for line in screen]

    def wait(self, done, what, patience=180):
        """Looks until a screen satisfies, and stays for a moment."""
        end = time.time() + patience
        while time.time() < end:
            lines = self.look()
            if done(lines):
                return lines
            time.sleep(0.05)
        sys.exit(f"the terminal never showed {what}:\n" + "\n".join(lines))

    def ready(self):
        """Waits for an empty prompt: the cursor stands behind its sign, and nothing changes for a moment."""
        def is_ready(lines):
            _, (_, x, y) = self.frames[-1]
            return x <= 3 and y < len(lines) and re.match(r"\s*[>❯›]", lines[y]) is not None
        while True:
            before = self.wait(is_ready, "a prompt")
            time.sleep(0.7)
            if self.look() == before:
                return before

    def type(self, text):
        for i in range(0, len(text), 2):
            self.tmux("send-keys", "-l", text[i:i + 2])
            time.sleep(0.06)
            self.look()
        self.tmux("send-keys", "Enter")

    def close(self):
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], capture_output=True)


def scene(terminal):
    terminal.ready()
    terminal.type("/example")
    # The proposed question stands at the prompt already: Enter asks it.
    terminal.wait(lambda lines: re.search(r"> [^>]*\?\s*$", "".join(lines)[-200:]), "a proposed question")
    time.sleep(1)
    terminal.type("")
    terminal.ready()
    terminal.type("/stats")
    terminal.ready()


def plain(line):
    return re.sub(r"\x1b\[[0-9;:]*m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x0e|\x0f", "", line)


def width(character):
    return 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1


def colour(index):
    if index < 16:
        return (BASE + BRIGHT)[index]
    if index > 231:
        return "#%02x%02x%02x" % ((8 + (index - 232) * 10,) * 3)
    return "#%02x%02x%02x" % tuple(0 if part == 0 else 55 + part * 40 for part in ((index - 16) // 36, (index - 16) // 6 % 6, (index - 16) % 6))


def runs(line):
    """The pieces of a line that look alike: where they begin, what they say, how they look."""
    look, column, found, at = {}, 0, [], 0
    for match in [*re.finditer(r"\x1b\[([0-9;:]*)m", line), None]:
        text = plain(line[at:match.start() if match else len(line)])
        if text:
            found.append((column, text, dict(look)))
            column += sum(map(width, text))
        if match:
            at, codes = match.end(), [int(code or 0) for code in re.split("[;:]", match.group(1))]
            while codes:
                code = codes.pop(0)
                if code == 0: look = {}
                elif code in (1, 2, 3, 4, 7): look[code] = True
                elif code == 22: look.pop(1, 0), look.pop(2, 0)
                elif code in (23, 24, 27): look.pop(code - 20, 0)
                elif code in (39, 49): look.pop("fore" if code == 39 else "back", 0)
                elif code in (38, 48) and codes:
                    kind = codes.pop(0)
                    value = colour(codes.pop(0)) if kind == 5 else "#%02x%02x%02x" % tuple(codes.pop(0) for _ in range(3))
                    look["fore" if code == 38 else "back"] = value
                elif 30 <= code <= 37: look["fore"] = BASE[code - 30]
                elif 40 <= code <= 47: look["back"] = BASE[code - 40]
                elif 90 <= code <= 97: look["fore"] = BRIGHT[code - 90]
                elif 100 <= code <= 107: look["back"] = BRIGHT[code - 100]
    return found


def draw_line(line):
    parts = []
    for column, text, look in runs(line):
        fore, back = look.get("fore", FORE), look.get("back")
        if 7 in look:
            fore, back = back or BACK, fore
        x, span = column * CELL, sum(map(width, text)) * CELL
        if back:
            parts.append(f'<rect x="{x:.1f}" width="{span:.1f}" height="{LINE}" fill="{back}"/>')
        if text.strip():
            style = "".join([' font-weight="700"' if 1 in look else "", ' opacity=".6"' if 2 in look else "",
                             ' font-style="italic"' if 3 in look else "", ' text-decoration="underline"' if 4 in look else "",
                             f' fill="{fore}"' if fore != FORE else ""])
            kept = text.rstrip()
            lead = len(kept) - len(kept.lstrip())
            kept, x = kept[lead:], x + lead * CELL
            parts.append(f'<text x="{x:.1f}" y="13.5" textLength="{sum(map(width, kept)) * CELL:.1f}"{style}>{html.escape(kept)}</text>')
    return "".join(parts)


def draw(frames, columns, rows, title):
    """All screens as a strip that moves behind a window; lines that occur again are drawn once."""
    wide, high = columns * CELL, rows * LINE
    lines, strip, times = {}, [], []
    clock = 0.0
    for i, (when, (screen, x, y)) in enumerate(frames):
        parts = [f'<use href="#{lines.setdefault(line, f"l{len(lines)}")}" y="{row * LINE}"/>' for row, line in enumerate(screen) if plain(line).strip()]
        parts.append(f'<rect class="c" x="{x * CELL:.1f}" y="{y * LINE}" width="{CELL}" height="{LINE}"/>')
        strip.append(f'<g transform="translate({i * wide:.1f})">{"".join(parts)}</g>')
        times.append(clock)
        clock += min(LONGEST, max(SHORTEST, frames[i + 1][0] - when)) if i + 1 < len(frames) else LAST
    symbols = "".join(f'<g id="{name}">{draw_line(line)}</g>' for line, name in lines.items())
    steps = "".join(f"{100 * when / clock:.2f}%{{transform:translateX({-i * wide:.1f}px)}}" for i, when in enumerate(times))
    last = -(len(frames) - 1) * wide
    animation = "" if len(frames) == 1 else (
        f"@keyframes p{{{steps}}}.s{{animation:p {clock:.2f}s steps(1,end) infinite}}"
        f"@media (prefers-reduced-motion:reduce){{.s{{animation:none;transform:translateX({last:.1f}px)}}}}")
    full, tall = wide + 2 * PAD, high + 2 * PAD + BAR
    dots = "".join(f'<circle cx="{PAD + 6 + 18 * i}" cy="{PAD + 4}" r="5.5" fill="{fill}"/>' for i, fill in enumerate(("#e0645c", "#e0b34f", "#66b455")))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full:.0f} {tall:.0f}" width="{full:.0f}" height="{tall:.0f}" role="img" aria-label="{html.escape(title)}">\n'
        f"<style>text{{font:{SIZE}px ui-monospace,'Cascadia Mono','SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:{FORE};white-space:pre}}"
        f".c{{fill:{FORE};opacity:.55}}{animation}</style>\n"
        f'<defs>{symbols}</defs>\n<rect width="100%" height="100%" rx="8" fill="{BACK}"/>{dots}\n'
        f'<svg x="{PAD}" y="{PAD + BAR}" width="{wide:.1f}" height="{high}"><g class="s">{"".join(strip)}</g></svg>\n</svg>\n')


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--columns", type=int, default=80)
    arguments.add_argument("--rows", type=int, default=22)
    arguments.add_argument("--still", action="store_true", help="only the last screen")
    arguments.add_argument("--out", default=os.path.join(ROOT, "docs/recording/chat.svg"))
    arguments.add_argument("command", nargs="*")
    given = arguments.parse_args()
    built = os.path.join(ROOT, "src/Winnow.Cli/bin/Release/net10.0/Winnow.Cli")
    if not given.command and not os.path.exists(built):
        sys.exit("build first: dotnet build src/Winnow.Cli -c Release")
    terminal = Terminal(given.columns, given.rows, given.command or [built, "chat", "--temp", "0"])
    try:
        scene(terminal)
    finally:
        terminal.close()
    frames = terminal.frames[-1:] if given.still else terminal.frames
    with open(given.out, "w", encoding="utf-8") as file:
        file.write(draw(frames, given.columns, given.rows, "A conversation with winnow chat in a terminal"))
    print(f"{given.out}: {len(frames)} screens, {os.path.getsize(given.out) / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
